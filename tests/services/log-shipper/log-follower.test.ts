import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { useFolders } from "../../support/folders.ts";
import { follow, rotate } from "../../support/log-shipper.ts";

const KiB64 = 64 * 1024;

describe("LogFollower", () => {
  const folder = useFolders();
  const newLog = (content: string | Buffer = "") => {
    const log = join(folder(), "service.log");
    writeFileSync(log, content);
    return log;
  };

  it("reads a log that is created after the follower", () => {
    const log = newLog();
    rmSync(log);
    const { texts } = follow(log);
    assert.deepEqual(texts(), []);
    writeFileSync(log, "first\n");
    assert.deepEqual(texts(), ["first"]);
  });

  it("throws while the log is a directory, and reads it once it is a file", () => {
    const log = newLog();
    rmSync(log);
    mkdirSync(log);
    const { texts } = follow(log);
    assert.throws(texts, { message: `${log} is not a regular file` });
    rmSync(log, { recursive: true });
    writeFileSync(log, "first\n");
    assert.deepEqual(texts(), ["first"]);
  });

  it("holds a line back until its newline is written", () => {
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

  it("decodes characters whose bytes are written one at a time", () => {
    const log = newLog();
    const { texts } = follow(log);
    for (const byte of Buffer.from("映画 🎬")) {
      appendFileSync(log, Buffer.of(byte));
      assert.deepEqual(texts(), []);
    }
    appendFileSync(log, "\n");
    assert.deepEqual(texts(), ["映画 🎬"]);
  });

  it("keeps lines whole wherever a 64 KiB read ends", () => {
    // Each line is a byte longer than the one before, so that reads end at many different places in a line.
    const lines = Array.from(
      { length: 700 },
      (_, i) => `${"x".repeat(i)}🎬映ü`,
    );
    const { texts } = follow(newLog(lines.map((line) => `${line}\n`).join("")));
    assert.deepEqual(texts(), lines);
  });

  it("replaces invalid UTF-8 bytes with U+FFFD", () => {
    const log = newLog(Buffer.from([0x61, 0xff, 0xc3, 0x0a, 0x62, 0x0a]));
    assert.deepEqual(follow(log).texts(), ["a\ufffd\ufffd", "b"]);
  });

  const half = KiB64 / 2;
  const long: [string, string, string?][] = [
    ["64 KiB", "x".repeat(KiB64)],
    ["64 KiB and a byte", "x".repeat(KiB64 + 1), "x".repeat(KiB64)],
    ["192 KiB less a byte", "x".repeat(KiB64 * 3 - 1), "x".repeat(KiB64)],
    ["192 KiB", "x".repeat(KiB64 * 3), "x".repeat(KiB64)],
    ["192 KiB and a byte", "x".repeat(KiB64 * 3 + 1), "x".repeat(KiB64)],
    ["3.1 MiB", "x".repeat(KiB64 * 50), "x".repeat(KiB64)],
    ["65,536 two-byte characters", "ü".repeat(KiB64), "ü".repeat(half)],
    [
      "four-byte characters, one of them across the limit",
      `y${"🎬".repeat(half)}`,
      `y${"🎬".repeat(KiB64 / 4 - 1)}`,
    ],
  ];
  for (const [what, line, cut] of long)
    it(`${cut ? "truncates" : "keeps"} a line of ${what}, and reads the next one`, () => {
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

  it("truncates a line that exceeds 64 KiB after several writes", () => {
    const log = newLog();
    const { read, texts } = follow(log);
    for (let i = 0; i < 10; i++) {
      appendFileSync(log, "x".repeat(30_000));
      assert.deepEqual(texts(), []);
    }
    appendFileSync(log, "\nlast\n");
    const [line, last] = read();
    assert.deepEqual([line?.text, line?.truncated], ["x".repeat(KiB64), true]);
    assert.equal(line?.bytes, 300_001);
    assert.equal(last?.text, "last");
  });

  it("returns an unterminated last line on the final read", () => {
    const log = newLog("first\nhalf");
    const { texts } = follow(log);
    assert.deepEqual(texts(), ["first"]);
    assert.deepEqual(texts(true), ["half"]);
    assert.deepEqual(texts(true), []);
  });

  it("resumes from the end position of any line", () => {
    const log = newLog(`first\n${"x".repeat(KiB64 * 2)}\nthird\nhalf`);
    const all = follow(log).texts(true);
    assert.equal(all.length, 4);
    for (const [i, { end }] of follow(log).read(true).entries())
      assert.deepEqual(follow(log, end).texts(true), all.slice(i + 1));
  });

  it("counts unread bytes across a rotation", () => {
    const log = newLog("first\n");
    const { follower, texts } = follow(log);
    texts();
    assert.equal(follower.unreadBytes(), 0);
    appendFileSync(log, "second\n");
    rotate(log, "third\n");
    assert.equal(follower.unreadBytes(), 13);
    texts();
    assert.equal(follower.unreadBytes(), 0);
  });
});
