import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useFolders } from "../../support/folders.ts";
import { follow, rotate } from "../../support/log-shipper.ts";

const KiB64 = 64 * 1024;

describe("A log that is followed", () => {
  const folder = useFolders();
  const newLog = (content: string | Buffer = "") => {
    const log = join(folder(), "service.log");
    writeFileSync(log, content);
    return log;
  };

  it("need not exist yet", () => {
    const log = newLog();
    rmSync(log);
    const { texts } = follow(log);
    assert.deepEqual(texts(), []);
    writeFileSync(log, "first\n");
    assert.deepEqual(texts(), ["first"]);
  });

  it("is an error while it is no file, and is read when it is one", () => {
    const log = newLog();
    rmSync(log);
    mkdirSync(log);
    const { texts } = follow(log);
    assert.throws(texts, { message: `${log} is not a regular file` });
    rmSync(log, { recursive: true });
    writeFileSync(log, "first\n");
    assert.deepEqual(texts(), ["first"]);
  });

  it("has no line until its newline is there", () => {
    const log = newLog("first\nsec");
    const { texts } = follow(log);
    assert.deepEqual(texts(), ["first"]);
    for (const part of ["o", "n", "d"]) {
      appendFileSync(log, part);
      assert.deepEqual(texts(), []);
    }
    appendFileSync(log, "\n\nlast\n");
    assert.deepEqual(texts(), ["second", "", "last"]);
  });

  it("has characters that were written in parts", () => {
    const log = newLog();
    const { texts } = follow(log);
    for (const byte of Buffer.from("映画 🎬")) {
      appendFileSync(log, Buffer.of(byte));
      assert.deepEqual(texts(), []);
    }
    appendFileSync(log, "\n");
    assert.deepEqual(texts(), ["映画 🎬"]);
  });

  it("has its lines whole wherever a read of 64 KiB ends", () => {
    // Each is longer by a byte, so that reads end at many places in them.
    const lines = Array.from(
      { length: 700 },
      (_, i) => `${"x".repeat(i)}🎬映ü`,
    );
    const { texts } = follow(newLog(lines.map((line) => `${line}\n`).join("")));
    assert.deepEqual(texts(), lines);
  });

  it("may have bytes that are no UTF-8", () => {
    const log = newLog(Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0x62, 0x0a]));
    assert.deepEqual(follow(log).texts(), ["a\ufffd\ufffd", "b"]);
  });

  const half = KiB64 / 2;
  const long: [string, string, string?][] = [
    ["64 KiB", "x".repeat(KiB64)],
    ["a byte more", "x".repeat(KiB64 + 1), "x".repeat(KiB64)],
    [
      "a byte less than three reads",
      "x".repeat(KiB64 * 3 - 1),
      "x".repeat(KiB64),
    ],
    ["three reads", "x".repeat(KiB64 * 3), "x".repeat(KiB64)],
    [
      "a byte more than three reads",
      "x".repeat(KiB64 * 3 + 1),
      "x".repeat(KiB64),
    ],
    ["megabytes", "x".repeat(KiB64 * 50), "x".repeat(KiB64)],
    ["too many characters of two bytes", "ü".repeat(KiB64), "ü".repeat(half)],
    [
      "a character where it is cut",
      `y${"🎬".repeat(half)}`,
      `y${"🎬".repeat(KiB64 / 4 - 1)}`,
    ],
  ];
  for (const [what, line, cut] of long)
    it(`has a line of ${what} ${cut ? "cut" : "whole"}, and the next one`, () => {
      const { read } = follow(newLog(`first\n${line}\nlast\n`));
      assert.deepEqual(
        read().map(({ text, truncated }) => ({ text, truncated })),
        [
          { text: "first", truncated: false },
          { text: cut ?? line, truncated: cut !== undefined },
          { text: "last", truncated: false },
        ],
      );
    });

  it("has a line cut that becomes too long bit by bit", () => {
    const log = newLog();
    const { read, texts } = follow(log);
    for (let i = 0; i < 10; i++) {
      appendFileSync(log, "x".repeat(30_000));
      assert.deepEqual(texts(), []);
    }
    appendFileSync(log, "\nlast\n");
    const [line, last] = read();
    assert.deepEqual([line?.text, line?.truncated], ["x".repeat(KiB64), true]);
    assert.equal(line?.size, 300_001);
    assert.equal(last?.text, "last");
  });

  it("ends with half a line when nothing more will come", () => {
    const log = newLog("first\nhalf");
    const { texts } = follow(log);
    assert.deepEqual(texts(), ["first"]);
    assert.deepEqual(texts(true), ["half"]);
    assert.deepEqual(texts(true), []);
  });

  it("can be gone on with from each line's end", () => {
    const log = newLog(`first\n${"x".repeat(KiB64 * 2)}\nthird\nhalf`);
    const all = follow(log).texts(true);
    assert.equal(all.length, 4);
    for (const [i, { end }] of follow(log).read(true).entries())
      assert.deepEqual(follow(log, end).texts(true), all.slice(i + 1));
  });

  it("says how much of it is unread", () => {
    const log = newLog("first\n");
    const { follower, texts } = follow(log);
    texts();
    assert.equal(follower.unread(), 0);
    appendFileSync(log, "second\n");
    rotate(log, "third\n");
    assert.equal(follower.unread(), 13);
    texts();
    assert.equal(follower.unread(), 0);
  });
});
