import assert from "node:assert/strict";
import { type Answer, usePlayer } from "../../../support/streaming/player.ts";

describe("Telling where the viewer is", () => {
  const player = usePlayer();

  it("says nothing where nothing was played, as where autoplay is blocked", async () => {
    player.open(0);
    player.hide();
    player.close();
    assert.deepEqual(player.sent, []);
  });

  it("says nothing of a video that has not yet gone to where it begins, nor when it goes there", async () => {
    player.open(100);
    player.hide();
    player.video.currentTime = 100.2; // media have holes
    player.close();
    assert.deepEqual(player.sent, []);
  });

  it("says where a seek led, of a video that has not played as well", async () => {
    player.open(100);
    player.video.currentTime = 100;
    for (let to = 100; to >= 90; to -= 0.5) player.video.currentTime = to;
    await player.answered();
    player.close();
    assert.equal(player.sent.at(-1), 90);
  });

  it("says it every ten seconds, at a pause and at the end, and nothing twice", async () => {
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

  it("takes no place from a source that is loaded again", async () => {
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

  it("takes none from it after a seek either, nor from one of which nothing is there", async () => {
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
    ["a network that is away", () => Promise.reject(new TypeError("failed"))],
    ["a 503", () => new Response(null, { status: 503 })],
    ["a server that says nothing", () => new Promise(() => {})],
  ];
  for (const [what, outage] of outages) {
    it(`says it again after ${what}, by itself`, async () => {
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

    it(`says it when the page goes away after ${what}`, async () => {
      player.open(0);
      player.answer = outage;
      player.video.playTo(5);
      player.video.pause();
      await player.pass(10); // by then, it is given up
      player.sent.length = 0;
      player.answer = () => new Response(null, { status: 204 });
      player.close();
      await player.answered();
      player.close();
      assert.deepEqual(player.sent, [5]);
    });
  }

  it("makes no flood while it plays through an outage", async () => {
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

  it("asks no more of who is signed out, until the page goes away", async () => {
    player.open(0);
    player.answer = () => new Response(null, { status: 401 });
    player.video.playTo(5);
    player.video.pause();
    await player.pass(60);
    assert.deepEqual(player.sent, [5]);
    player.close();
    assert.deepEqual(player.sent, [5, 5]);
  });

  it("sends one at a time, and then the newest, however many seeks there are", async () => {
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

  it("waits for nothing when the page goes away", async () => {
    player.open(0);
    player.answer = () => new Promise(() => {});
    player.video.currentTime = 10;
    player.hide();
    assert.deepEqual(player.sent, [10]);
    player.video.currentTime = 20;
    player.close();
    await player.pass(5); // what was given up is not sent again
    assert.deepEqual(player.sent, [10, 20]);
  });

  it("sends the place before last again where one that was given up may have arrived", async () => {
    player.open(0);
    player.answer = () => new Promise(() => {});
    player.video.currentTime = 10;
    player.video.currentTime = 0;
    player.close();
    assert.deepEqual(player.sent, [10, 0]);
  });
});
