import assert from "node:assert/strict";
import { type Answer, usePlayer } from "../../../support/streaming/player.ts";

describe("Progress reports", () => {
  const player = usePlayer();

  it("sends nothing when nothing was played", async () => {
    player.open(0);
    player.hide();
    player.close();
    assert.deepEqual(player.sent, []);
  });

  it("sends nothing before the video is at its start position, or when it gets there", async () => {
    player.open(100);
    player.hide();
    player.video.currentTime = 100.2; // media have holes
    player.close();
    assert.deepEqual(player.sent, []);
  });

  it("reports a seek in a video that has not played", async () => {
    player.open(100);
    player.video.currentTime = 100;
    for (let to = 100; to >= 90; to -= 0.5) player.video.currentTime = to;
    await player.answered();
    player.close();
    assert.equal(player.sent.at(-1), 90);
  });

  it("reports every ten seconds, at a pause and at the end, and no position twice", async () => {
    player.open(100);
    player.video.currentTime = 100;
    player.video.playTo(109);
    assert.deepEqual(player.sent, []);
    player.video.playTo(121);
    await player.answered();
    player.video.pause();
    await player.answered();
    player.hide();
    player.close();
    assert.deepEqual(player.sent, [110, 120, 121]);
    player.video.playTo(124.5);
    player.video.dispatchEvent(new Event("ended"));
    assert.deepEqual(player.sent, [110, 120, 121, 124.5]);
  });

  it("ignores the position of a source that is loaded again", async () => {
    player.open(0);
    player.video.playTo(5);
    player.video.pause();
    await player.answered();
    assert.deepEqual(player.sent, [5]);
    player.video.empty();
    player.hide();
    player.video.readyState = 1;
    player.close();
    player.video.currentTime = 5;
    player.close();
    assert.deepEqual(player.sent, [5]);
  });

  it("ignores the position of a source that is loaded again after a seek, or has no data", async () => {
    player.open(0);
    player.video.currentTime = 8;
    await player.answered();
    player.video.empty();
    player.video.readyState = 1;
    player.close();
    player.video.readyState = 0;
    player.video.played = { length: 1 };
    player.close();
    assert.deepEqual(player.sent, [8]);
  });

  const outages: [string, Answer][] = [
    ["a network failure", () => Promise.reject(new TypeError("failed"))],
    ["a 503", () => new Response(null, { status: 503 })],
    ["a request that is never answered", () => new Promise(() => {})],
  ];
  for (const [what, outage] of outages) {
    it(`retries after ${what} until a request succeeds`, async () => {
      player.open(0);
      player.answer = outage;
      player.video.playTo(5);
      player.video.pause();
      await player.pass(20);
      assert.ok(
        player.sent.length >= 2 && player.sent.length <= 8,
        `${player.sent}`,
      );
      player.answer = () => new Response(null, { status: 204 });
      await player.pass(40);
      const enough = player.sent.length;
      await player.pass(60);
      player.close();
      assert.equal(player.sent.length, enough);
      assert.deepEqual(new Set(player.sent), new Set([5]));
    });

    it(`reports the position when the page closes after ${what}`, async () => {
      player.open(0);
      player.answer = outage;
      player.video.playTo(5);
      player.video.pause();
      await player.pass(10); // by then, the request is abandoned
      player.sent.length = 0;
      player.answer = () => new Response(null, { status: 204 });
      player.close();
      await player.answered();
      player.close();
      assert.deepEqual(player.sent, [5]);
    });
  }

  it("limits the number of requests while playing through an outage", async () => {
    player.open(0);
    player.answer = () => new Response(null, { status: 503 });
    for (let at = 1; at <= 60; at++) {
      player.video.playTo(at);
      await player.pass(1);
    }
    assert.ok(
      player.sent.length >= 3 && player.sent.length <= 9,
      `${player.sent}`,
    );
  });

  it("stops after a 401 until the page closes", async () => {
    player.open(0);
    player.answer = () => new Response(null, { status: 401 });
    player.video.playTo(5);
    player.video.pause();
    await player.pass(60);
    assert.deepEqual(player.sent, [5]);
    player.close();
    assert.deepEqual(player.sent, [5, 5]);
  });

  it("sends one request at a time, and then the newest position", async () => {
    player.open(0);
    const waiting: ((response: Response) => void)[] = [];
    player.answer = () => new Promise((resolve) => waiting.push(resolve));
    for (let to = 10; to <= 300; to += 10) player.video.currentTime = to;
    await player.answered();
    assert.deepEqual(player.sent, [10]);
    waiting[0]?.(new Response(null, { status: 204 }));
    await player.answered();
    assert.deepEqual(player.sent, [10, 300]);
    waiting[1]?.(new Response(null, { status: 204 }));
    await player.answered();
    player.close();
    assert.deepEqual(player.sent, [10, 300]);
  });

  it("does not wait for pending requests when the page is hidden or closed", async () => {
    player.open(0);
    player.answer = () => new Promise(() => {});
    player.video.currentTime = 10;
    player.hide();
    assert.deepEqual(player.sent, [10]);
    player.video.currentTime = 20;
    player.close();
    await player.pass(5); // abandoned requests are not sent again
    assert.deepEqual(player.sent, [10, 20]);
  });

  it("sends the first position again when a pending report may have replaced it", async () => {
    player.open(0);
    player.answer = () => new Promise(() => {});
    player.video.currentTime = 10;
    player.video.currentTime = 0;
    player.close();
    assert.deepEqual(player.sent, [10, 0]);
  });
});
