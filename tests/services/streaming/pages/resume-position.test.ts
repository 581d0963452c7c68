import assert from "node:assert/strict";
import { usePlayer, Video } from "../../../support/streaming/player.ts";

describe("Progress reports while the position is unknown", () => {
  const player = usePlayer();

  it("sends nothing before the position is known", async () => {
    player.open(null);
    player.video.playTo(25);
    player.video.pause();
    player.hide();
    player.close();
    assert.deepEqual(player.sent, []);
  });

  it("seeks when the position becomes known, and reports positions from there on", async () => {
    const placed = player.open(null);
    player.video.playTo(5);
    placed(3600);
    assert.equal(player.video.currentTime, 3600);
    assert.deepEqual(player.sent, []);
    player.video.playTo(3611);
    assert.deepEqual(player.sent, [3610]);
  });

  it("seeks in a video that has not begun, without reporting the position", async () => {
    const placed = player.open(null);
    placed(3600);
    player.close();
    assert.equal(player.video.currentTime, 3600);
    assert.deepEqual(player.sent, []);
  });

  it("does not seek backwards, or after the viewer has watched for long", async () => {
    for (const [at, position] of [
      [25, 0],
      [90, 3600],
    ] as const) {
      player.video = new Video();
      player.sent = [];
      const placed = player.open(null);
      player.video.playTo(at);
      placed(position);
      assert.equal(player.video.currentTime, at);
      player.video.pause();
      await player.answered();
      assert.deepEqual(player.sent, [at]);
    }
  });

  it("reports a seek in small steps, as with a mouse", async () => {
    player.open(null);
    player.video.playTo(5);
    player.video.pause();
    for (let to = 5; to <= 10; to += 0.5) player.video.currentTime = to;
    await player.answered();
    assert.equal(player.sent.at(-1), 10);
  });

  it("reports the viewer's own seek, and does not seek to the position afterwards", async () => {
    const placed = player.open(null);
    player.video.playTo(5);
    player.video.currentTime = 200;
    await player.answered();
    assert.deepEqual(player.sent, [200]);
    placed(3600);
    player.video.playTo(205);
    player.video.pause();
    assert.equal(player.video.currentTime, 205);
    assert.deepEqual(player.sent, [200, 205]);
  });
});
