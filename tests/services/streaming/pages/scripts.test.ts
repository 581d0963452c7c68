import assert from "node:assert/strict";
import {
  expiryAsTyped,
  grouped,
} from "../../../../services/streaming/browser/card/card-number.ts";
import { actionOf } from "../../../../services/streaming/browser/player/keys.ts";
import {
  backoff,
  chooseSource,
  renewalDelay,
  withQueryOf,
} from "../../../../services/streaming/browser/player/playback.ts";

describe("Card number formatting", () => {
  const numbers = [
    ["", ""],
    ["abc", ""],
    ["4242", "4242"],
    ["42424", "4242 4"],
    ["4242-4242 42424242", "4242 4242 4242 4242"],
    ["378282246310005", "3782 822463 10005"],
    ["37828", "3782 8"],
    ["6205500000000000004", "6205 5000 0000 0000 004"],
    ["62055000000000000049", "6205 5000 0000 0000 004"],
  ];
  for (const [typed = "", shown] of numbers)
    it(`formats "${typed}" as "${shown}"`, () => {
      assert.equal(grouped(typed), shown);
    });
});

describe("Expiry date formatting", () => {
  const dates = [
    ["", ""],
    ["0", "0"],
    ["1", "1"],
    ["7", "07"],
    ["7/", "07/"],
    ["07", "07"],
    ["073", "07/3"],
    ["0730", "07/30"],
    ["730", "07/30"],
    ["1/30", "01/30"],
    ["12/2030", "12/30"],
    ["122030", "12/30"],
    ["12 / 30", "12/30"],
  ];
  for (const [typed = "", shown] of dates)
    it(`formats "${typed}" as "${shown}"`, () => {
      assert.equal(expiryAsTyped(typed), shown);
    });

  it("leaves a formatted date unchanged", () => {
    for (const [, shown = ""] of dates)
      assert.equal(expiryAsTyped(shown), shown);
  });
});

describe("Player keys", () => {
  const press = (key: string, on: "page" | "video" | "control", held = {}) =>
    actionOf(
      { key, ctrlKey: false, metaKey: false, altKey: false, ...held },
      on,
    );

  it("plays, seeks, and changes volume and screen size", () => {
    assert.deepEqual(press(" ", "page"), { do: "play" });
    assert.deepEqual(press("K", "page"), { do: "play" });
    assert.deepEqual(press("f", "page"), { do: "full-screen" });
    assert.deepEqual(press("m", "page"), { do: "mute" });
    assert.deepEqual(press("ArrowLeft", "page"), { do: "seek", by: -10 });
    assert.deepEqual(press("ArrowUp", "page"), { do: "volume", by: 0.1 });
    assert.equal(press("x", "page"), undefined);
  });

  it("leaves the video's own keys to the browser", () => {
    assert.equal(press(" ", "video"), undefined);
    assert.equal(press("ArrowRight", "video"), undefined);
    assert.deepEqual(press("k", "video"), { do: "play" });
  });

  it("ignores keys on links, buttons and fields", () => {
    for (const key of [" ", "k", "f", "ArrowLeft"])
      assert.equal(press(key, "control"), undefined);
  });

  it("ignores the browser's own shortcuts", () => {
    assert.equal(press("f", "page", { ctrlKey: true }), undefined);
    assert.equal(press("ArrowLeft", "page", { altKey: true }), undefined);
    assert.equal(press("m", "page", { metaKey: true }), undefined);
  });
});

describe("Player source", () => {
  it("uses hls.js with media sources, else native HLS, else the whole video", () => {
    assert.equal(
      chooseSource({ mediaSources: true, nativeHls: true }),
      "hls.js",
    );
    assert.equal(
      chooseSource({ mediaSources: false, nativeHls: true }),
      "native",
    );
    assert.equal(
      chooseSource({ mediaSources: false, nativeHls: false }),
      "progressive",
    );
  });

  it("replaces a playlist's signature by the newest one", () => {
    const base = "https://marquee.example/watch/x";
    assert.equal(
      withQueryOf(
        "https://marquee.example/stream/x/360p.mp4?expires=1&signature=old",
        "/stream/x/index.m3u8?expires=2&signature=new",
        base,
      ),
      "https://marquee.example/stream/x/360p.mp4?expires=2&signature=new",
    );
  });
});

describe("Player timing", () => {
  it("renews after three quarters of the time left, and after five seconds at least", () => {
    assert.equal(renewalDelay(400_000, 0), 300_000);
    assert.equal(renewalDelay(1_000, 0), 5_000);
    assert.equal(renewalDelay(0, 99_000), 5_000);
  });

  it("backs off exponentially up to half a minute, with jitter", () => {
    const waits = [0, 1, 2, 3, 4, 5, 50].map((n) => backoff(n, () => 0));
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    assert.equal(
      backoff(2, () => 1),
      2000,
    );
  });
});
