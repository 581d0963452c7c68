import assert from "node:assert/strict";
import {
  appendFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  readPosition,
  writePosition,
} from "../../../services/log-shipper/position.ts";
import { useFolders } from "../../support/folders.ts";
import { follow, rotate } from "../../support/log-shipper.ts";

const KiB64 = 64 * 1024;

describe("LogFollower", () => {
  const folder = useFolders();
  const newLog = (content = "") =>
    join(folder({ "service.log": content }), "service.log");

  describe("rotation", () => {
    it("reads the old file to its end before the new one", () => {
      const log = newLog("1\n");
      const { texts } = follow(log);
      assert.deepEqual(texts(), ["1"]);
      appendFileSync(log, "2\n");
      rotate(log, "3\n");
      assert.deepEqual(texts(), ["2", "3"]);
    });

    it("keeps reading the rotated file until a new log exists", () => {
      const log = newLog("1\n");
      const { texts } = follow(log);
      texts();
      renameSync(log, `${log}.1`);
      appendFileSync(`${log}.1`, "2\n");
      assert.deepEqual(texts(), ["2"]);
      writeFileSync(log, "3\n");
      assert.deepEqual(texts(), ["3"]);
    });

    it("returns an unterminated line at the old file's end", () => {
      const log = newLog("half");
      const { texts } = follow(log);
      assert.deepEqual(texts(), []);
      rotate(log, "whole\n");
      assert.deepEqual(texts(), ["half", "whole"]);
    });

    it("truncates a long unterminated line at the old file's end", () => {
      const log = newLog("x".repeat(KiB64 * 2));
      const { read, texts } = follow(log);
      assert.deepEqual(texts(), []);
      rotate(log, "whole\n");
      assert.deepEqual(
        read().map(({ text, truncated }) => [text.length, truncated]),
        [
          [KiB64, true],
          [5, false],
        ],
      );
    });

    it("loses no line when the log is rotated twice between reads", () => {
      const log = newLog("1\n");
      const { texts, lost } = follow(log);
      texts();
      appendFileSync(log, "2\n");
      rotate(log, "3\n");
      rotate(log, "4\n");
      assert.deepEqual(texts(), ["2", "3", "4"]);
      assert.deepEqual(lost, []);
    });

    it("reports the bytes of a file that was replaced before it was read", () => {
      const log = newLog("1\n");
      const { follower, texts, lost } = follow(log);
      texts();
      rotate(log, "lost\n");
      follower.checkForNewFiles();
      rotate(log, "3\n");
      follower.checkForNewFiles();
      assert.deepEqual(lost, []);
      rotate(log, "4\n");
      assert.deepEqual(texts(), ["3", "4"]);
      assert.deepEqual(lost, [5]);
    });

    it("starts with the rotated file", () => {
      const log = newLog("1\n");
      rotate(log, "2\n");
      assert.deepEqual(follow(log).texts(), ["1", "2"]);
    });

    it("does not reread the rotated file when the log is removed", () => {
      const log = newLog("1\n");
      rotate(log, "2\n");
      const { read, texts } = follow(log);
      const end = read().at(-1)?.end;
      const restarted = follow(log, end);
      assert.deepEqual(restarted.texts(), []);
      rmSync(log);
      assert.deepEqual([texts(), restarted.texts()], [[], []]);
      writeFileSync(log, "3\n");
      assert.deepEqual([texts(), restarted.texts()], [["3"], ["3"]]);
    });

    it("resumes at a saved position after the log was rotated", () => {
      const log = newLog("1\n2\n");
      const end = follow(log).read()[0]?.end;
      assert.deepEqual(follow(log, end).texts(), ["2"]);
      rotate(log, "3\n");
      assert.deepEqual(follow(log, end).texts(), ["2", "3"]);
      rotate(log, "4\n");
      assert.deepEqual(follow(log, end).texts(), ["3", "4"]); // 2 is lost
    });

    it("reads a new log from its start when it reuses the old log's inode", () => {
      const log = newLog("1\n2\n");
      const end = follow(log).read()[1]?.end;
      rmSync(log);
      writeFileSync(log, "3\n4\n5\n");
      assert.deepEqual(follow(log, end).texts(), ["3", "4", "5"]);
    });
  });

  describe("truncation", () => {
    it("reads a truncated log from its start", () => {
      const log = newLog("first\nsecond\n");
      const { texts } = follow(log);
      texts();
      truncateSync(log);
      assert.deepEqual(texts(), []);
      appendFileSync(log, "third\n");
      assert.deepEqual(texts(), ["third"]);
    });

    it("reads a log that was truncated during the downtime from its start", () => {
      const log = newLog("first\nsecond\n");
      const end = follow(log).read().at(-1)?.end;
      truncateSync(log);
      appendFileSync(log, "third\n");
      assert.deepEqual(follow(log, end).texts(), ["third"]);
    });

    it("keeps its position when only an unterminated line is truncated", () => {
      const log = newLog("first\nha");
      const { texts } = follow(log);
      assert.deepEqual(texts(), ["first"]);
      truncateSync(log, 6);
      assert.deepEqual(texts(), []);
      appendFileSync(log, "second\n");
      assert.deepEqual(texts(), ["second"]);
    });
  });
});

describe("Log position", () => {
  const folder = useFolders();

  it("returns the position saved last, or undefined if none was saved", () => {
    const log = join(folder(), "service.log");
    assert.equal(readPosition(log), undefined);
    for (const offset of [0, 2 ** 40]) {
      writePosition(log, { file: "1-2-3", offset });
      assert.deepEqual(readPosition(log), { file: "1-2-3", offset });
    }
  });

  for (const content of [
    "",
    "{",
    "null",
    '{"file":7}',
    '{"file":"1-2-3","offset":-1}',
    '{"file":"1-2-3","offset":1.5}',
  ])
    it(`ignores a position file that contains ${JSON.stringify(content)}`, () => {
      const files = { "service.log.position": content };
      assert.equal(readPosition(join(folder(files), "service.log")), undefined);
    });
});
