import assert from "node:assert/strict";
import { mock } from "node:test";
import type { Playback } from "../../../../services/streaming/browser/player/playback.ts";
import {
  createRenewal,
  type Refusal,
} from "../../../../services/streaming/browser/player/renewal.ts";

const start = Date.parse("2026-11-27T20:00:00Z");
const second = 1000;

/** URLs that expire in this many seconds. */
const playback = (seconds: number, name = "a"): Playback => ({
  url: `/stream/x?signature=${name}`,
  hls: `/stream/x/index.m3u8?signature=${name}`,
  expires_at: new Date(Date.now() + seconds * second).toISOString(),
  position: 0,
});

type Answer = () => Response | Promise<Response>;
const gives = (body: unknown, status = 200, headers = {}) =>
  Response.json(body, { status, headers });

describe("Renewal of playback URLs", () => {
  let requestTimes: number[];
  let refusals: Refusal[];
  /** Positions passed to `placed`. */
  let placed: number[];
  /** The server's next answers. */
  let answer: Answer;

  beforeEach(() => {
    mock.timers.enable({ apis: ["setTimeout", "Date"], now: start });
    requestTimes = [];
    refusals = [];
    placed = [];
    answer = () => gives(playback(60, "b"));
  });
  afterEach(() => mock.timers.reset());

  const open = (seconds = 60, first: Partial<Playback> = {}) =>
    createRenewal({
      path: "/playback/x",
      first: { ...playback(seconds), ...first },
      onPositionKnown: (position) => placed.push(position),
      onRefused: (why) => refusals.push(why),
      fetch: async (path, init) => {
        assert.equal(path, "/playback/x");
        assert.equal(init?.method, "POST");
        requestTimes.push((Date.now() - start) / second);
        return answer();
      },
    });

  /** Advances the clock second by second, and runs pending work after each. */
  async function pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      mock.timers.tick(second);
      await new Promise(setImmediate);
    }
  }

  it("renews after three quarters of the lifetime, repeatedly", async () => {
    const { latest } = open(60);
    await pass(44);
    assert.deepEqual(requestTimes, []);
    await pass(1);
    assert.deepEqual(requestTimes, [45]);
    assert.match(latest().url, /signature=b/);
    await pass(45);
    assert.deepEqual(requestTimes, [45, 90]);
  });

  const useless: [string, Answer][] = [
    ["a network failure", () => Promise.reject(new TypeError("failed"))],
    ["a 503", () => gives({ status: 503 }, 503)],
    ["a 500 without JSON", () => new Response("oops", { status: 500 })],
    ["a 200 without JSON", () => new Response("<html>")],
    ["a 200 without URLs", () => gives({ url: 1 })],
    ["an invalid expiry", () => gives({ ...playback(60), expires_at: "x" })],
    ["a 403 for another reason", () => gives({ detail: "origin" }, 403)],
    ["a 404", () => gives({}, 404)],
  ];
  for (const [what, bad] of useless)
    it(`retries after ${what}, and keeps the old URLs meanwhile`, async () => {
      const { latest } = open(60);
      answer = bad;
      await pass(90);
      assert.ok(
        requestTimes.length >= 4 && requestTimes.length <= 9,
        `${requestTimes}`,
      );
      assert.deepEqual(refusals, []);
      assert.match(latest().url, /signature=a/);
      answer = () => gives(playback(60, "b"));
      await pass(31);
      assert.match(latest().url, /signature=b/);
    });

  const refusalAnswers: [Refusal, Answer][] = [
    ["membership-ended", () => gives({ entitled: false }, 403)],
    ["signed-out", () => gives({}, 401)],
  ];
  for (const [why, refusal] of refusalAnswers)
    it(`reports ${why} when the URLs expire, not before`, async () => {
      open(60);
      answer = refusal;
      await pass(59);
      assert.deepEqual([requestTimes, refusals], [[45], []]);
      await pass(120);
      assert.deepEqual([requestTimes, refusals], [[45, 60], [why]]);
    });

  for (const [why, refusal] of refusalAnswers)
    it(`reports nothing when ${why} no longer holds at expiry`, async () => {
      const { latest } = open(60);
      answer = refusal;
      await pass(50);
      answer = () => gives(playback(60, "b"));
      await pass(11);
      assert.deepEqual([requestTimes, refusals], [[45, 60], []]);
      assert.match(latest().url, /signature=b/);
      // The earlier refusal no longer counts.
      answer = refusal;
      await pass(58);
      assert.deepEqual([requestTimes, refusals], [[45, 60, 105], []]);
      await pass(2);
      assert.deepEqual(refusals, [why]);
    });

  it("reports a refusal only once the server confirms it", async () => {
    open(60);
    answer = () => gives({ entitled: false }, 403);
    await pass(50);
    answer = () => gives({}, 503);
    await pass(60);
    assert.deepEqual(refusals, []);
    answer = () => gives({ entitled: false }, 403);
    await pass(31);
    assert.deepEqual(refusals, ["membership-ended"]);
  });

  it("asks soon for an unknown position, until it is known", async () => {
    open(60, { position: null });
    answer = () => gives({ ...playback(60, "b"), position: null });
    await pass(7);
    assert.ok(
      requestTimes.length >= 3 && requestTimes.length <= 5,
      `${requestTimes}`,
    );
    assert.deepEqual(placed, []);
    answer = () => gives({ ...playback(60, "c"), position: 42.5 });
    await pass(8);
    assert.deepEqual(placed, [42.5]);
    requestTimes.length = 0;
    answer = () => gives({ ...playback(60, "d"), position: 50 });
    await pass(90);
    assert.deepEqual(placed, [42.5]);
    assert.ok(
      requestTimes.length > 0 && requestTimes.length <= 2,
      `${requestTimes}`,
    );
  });

  it("ignores invalid positions", async () => {
    open(60, { position: null });
    for (const position of [undefined, "12", -1]) {
      answer = () => gives({ ...playback(60), position });
      await pass(10);
    }
    assert.deepEqual(placed, []);
    answer = () => gives({ ...playback(60), position: 0 });
    await pass(31);
    assert.deepEqual(placed, [0]);
  });

  it("does not ask for a known position again when a renewal has none", async () => {
    open(60);
    answer = () => gives({ ...playback(60, "b"), position: null });
    await pass(89);
    assert.deepEqual([requestTimes, placed], [[45], []]);
  });

  it("reports a refusal at once when renewed on demand twice, and only once", async () => {
    const renewal = open(60);
    answer = () => gives({ entitled: false }, 403);
    assert.equal(await renewal.renew(), false);
    assert.deepEqual(refusals, []);
    await renewal.renew();
    await pass(120);
    assert.deepEqual(refusals, ["membership-ended"]);
  });

  it("sends one request for concurrent renewals", async () => {
    const renewal = open(60);
    const renewed = await Promise.all([renewal.renew(), renewal.renew()]);
    assert.deepEqual(renewed, [true, true]);
    assert.equal(requestTimes.length, 1);
  });

  it("renews expired URLs at once", async () => {
    const renewal = open(-3600);
    assert.ok(renewal.expired());
    await pass(1);
    assert.equal(requestTimes.length, 1);
    assert.ok(!renewal.expired());
  });

  it("uses the server's clock when the browser's is wrong", async () => {
    // The browser is an hour ahead: all URLs look expired to it.
    const hour = 3600;
    answer = () => {
      const date = new Date(Date.now() - hour * second).toUTCString();
      return gives(playback(60 - hour, "b"), 200, { date });
    };
    const { expired } = open(60 - hour);
    await pass(40);
    assert.equal(requestTimes.length, 1, `${requestTimes}`);
    assert.ok(!expired());
    await pass(20);
    assert.equal(requestTimes.length, 2, `${requestTimes}`);
  });

  it("limits the number of requests when new URLs have already expired", async () => {
    answer = () => gives(playback(-10, "b"));
    open(-10);
    await pass(60);
    assert.ok(
      requestTimes.length > 0 && requestTimes.length <= 13,
      `${requestTimes}`,
    );
  });
});
