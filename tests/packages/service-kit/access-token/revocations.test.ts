import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mock } from "node:test";
import {
  createRevocations,
  defaultRevocationTimings,
  type RevocationsOptions,
} from "../../../../packages/service-kit/access-token/revocations.ts";
import { logger } from "../../../../packages/service-kit/index.ts";
import type { RevokedSession } from "../../../../services/auth/sessions/revocations.ts";

const url = "http://auth.example/revocations";

describe("createRevocations", () => {
  /** The fake clock, in seconds. */
  let time: number;
  let requests: string[];
  let cursor: string;
  let listed: RevokedSession[];
  /** Replaces auth's answer. */
  let respond: (() => Promise<Response>) | undefined;
  let warnings: string[];
  let notices: string[];
  beforeEach(() => {
    [time, requests, cursor, listed] = [1_000, [], "1", []];
    respond = undefined;
    [warnings, notices] = [[], []];
    const into = (messages: string[]) => (_: object, message: string) => {
      messages.push(message);
    };
    mock.method(logger, "warn", into(warnings));
    mock.method(logger, "info", into(notices));
  });
  afterEach(() => mock.restoreAll());

  const service = (options: Partial<RevocationsOptions> = {}) =>
    createRevocations(url, {
      fetch: async (asks) => {
        requests.push(asks);
        return respond?.() ?? Response.json({ cursor, sessions: listed });
      },
      timings: defaultRevocationTimings,
      now: () => time,
      ...options,
    });
  function revoke(more: Partial<RevokedSession> = {}): string {
    const id = randomUUID();
    listed.push({ id, expires_in: 660, account_deleted: false, ...more });
    return id;
  }
  const turns = () => new Promise((resolve) => setImmediate(resolve));
  const status = (status: number) => async () => new Response(null, { status });
  const failing = async () => {
    throw new TypeError("fetch failed");
  };

  it("finds sessions that were revoked before it started", async () => {
    const [plain, deleted] = [revoke(), revoke({ account_deleted: true })];
    const { find } = service();
    assert.equal((await find(plain))?.accountDeleted, false);
    assert.equal((await find(deleted))?.accountDeleted, true);
    assert.equal(await find(randomUUID()), undefined);
    assert.deepEqual(requests, [url]);
  });

  it("shares one request among concurrent callers", async () => {
    const { find } = service();
    await Promise.all(Array.from({ length: 50 }, () => find(randomUUID())));
    assert.equal(requests.length, 1);
  });

  it("requests the list at most every 2 s for any number of calls, and never without a call", async () => {
    const { find } = service();
    for (; time < 1_010; time += 0.01) {
      await find(randomUUID());
      await turns();
    }
    const before = requests.length;
    assert.ok(before > 1 && before <= 5, `${before}`);
    time += 3_600;
    await turns();
    assert.equal(requests.length, before);
  });

  it("requests only revocations after its cursor, and keeps earlier ones", async () => {
    const { find } = service();
    const first = revoke();
    await find(first);
    [listed, cursor, time] = [[], "2", time + 10];
    const second = revoke();
    assert.ok(await find(second));
    assert.ok(await find(first));
    time += 10;
    await find(first);
    assert.deepEqual(requests, [url, `${url}?after=1`, `${url}?after=2`]);
  });

  it("does not make callers wait for a refresh of a list younger than 4 s", async () => {
    const { find } = service();
    await find("");
    const id = revoke();
    let answer = () => {};
    respond = () =>
      new Promise((resolve) => {
        answer = () => resolve(Response.json({ cursor, sessions: listed }));
      });
    time += 3.9;
    assert.equal(await find(id), undefined);
    assert.equal(requests.length, 2);
    answer();
    await turns();
    assert.ok(await find(id));
  });

  it("makes callers wait for a refresh of a list that is 4 s old", async () => {
    const { find } = service();
    await find("");
    const id = revoke();
    time += 4;
    assert.ok(await find(id));
  });

  it("forgets sessions whose tokens have expired", async () => {
    const { find } = service();
    const id = revoke({ expires_in: 60 });
    assert.ok(await find(id));
    listed = [];
    time += 59;
    assert.ok(await find(id));
    time += 4;
    assert.equal(await find(id), undefined);
  });

  it("drops the revocations that expire first above its capacity, and warns once", async () => {
    const { find } = service({ capacity: 3 });
    const ids = [10, 20, 30, 40].map((expires_in) => revoke({ expires_in }));
    const found = await Promise.all(ids.map(find));
    assert.deepEqual(
      found.map((revocation) => revocation !== undefined),
      [false, true, true, true],
    );
    time += 4;
    await find("");
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^too many sessions were revoked/);
  });

  it("requests the whole list again after auth rejects its cursor", async () => {
    const { find } = service();
    await find("");
    respond = status(422);
    time += 4;
    await find("");
    respond = undefined;
    time += 4;
    await find("");
    assert.deepEqual(requests, [url, `${url}?after=1`, url]);
  });

  const failures: Record<string, () => Promise<Response>> = {
    "is unreachable": failing,
    "returns 503": status(503),
    "returns a redirect": async () => Response.redirect("http://evil.example"),
    "returns HTML": async () => new Response("<html>"),
    "returns unexpected JSON": async () => Response.json({ sessions: [{}] }),
    "returns an endless body": async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1 << 20)),
        }),
      ),
  };
  for (const [what, failure] of Object.entries(failures))
    it(`uses the last list while auth ${what}, warns once, and recovers`, async () => {
      const { find } = service();
      const revoked = revoke();
      await find(revoked);
      respond = failure;
      for (let second = 0; second < 60; second++) {
        time += 1;
        assert.equal(await find(randomUUID()), undefined);
        assert.ok(await find(revoked));
        await turns();
      }
      while (warnings.length === 0) await turns();
      assert.equal(warnings.length, 1);
      assert.match(warnings[0] ?? "", /can't be listed: access tokens/);

      respond = undefined;
      const next = revoke();
      while (!(await find(next))) {
        time += 1;
        await turns();
      }
      assert.equal(notices.length, 1);
    });

  it("makes callers wait only once while auth does not respond", async () => {
    const { find } = service();
    await find("");
    let fail = () => {};
    respond = () =>
      new Promise((_, reject) => {
        fail = () => reject(new Error("timed out"));
      });
    time += 10;
    let waits = true;
    const waiting = find("").then(() => {
      waits = false;
    });
    await turns();
    assert.ok(waits);
    fail();
    await waiting;
    time += 10;
    await find(""); // the fetch, which gets no response, runs in the background
    assert.equal(requests.length, 3);
  });

  it("retries at most once a second while auth fails", async () => {
    const { find } = service();
    respond = failing;
    for (let i = 0; i < 20; i++) {
      await find("");
      await turns();
    }
    assert.equal(requests.length, 1);
    time += 1;
    await find("");
    assert.equal(requests.length, 2);
  });

  it("finds no session while auth returns 404, warns once, and retries after a minute", async () => {
    const { find } = service();
    respond = status(404);
    for (let second = 0; second < 60; second++) {
      assert.equal(await find(""), undefined);
      time += 1;
    }
    assert.equal(requests.length, 1);
    assert.match(warnings[0] ?? "", /^auth has no list of revoked sessions/);
    respond = undefined;
    const id = revoke();
    await find(id);
    await turns();
    assert.ok(await find(id));
    assert.equal(requests.length, 2);
    assert.equal(warnings.length, 1);
  });
});
