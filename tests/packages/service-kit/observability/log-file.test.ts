import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { logFile } from "../../../../packages/service-kit/observability/log-file.ts";
import { createLogger } from "../../../../packages/service-kit/observability/logger.ts";
import { useFolders } from "../../../support/folders.ts";
import { isNumbered, numbered } from "../../../support/log-shipper.ts";
import { type Line, runToEnd, stopPrograms } from "../../../support/program.ts";

const writer = "tests/support/programs/log-writer.ts";

/** A log file's lines. */
const linesOf = (path: string): Line[] =>
  readFileSync(path, "utf8")
    .split(/(?<=\n)/)
    .map((line) => {
      assert.ok(line.endsWith("\n"), `half a line: ${line}`);
      return JSON.parse(line);
    });

describe("Log file", () => {
  stopPrograms();
  const folder = useFolders();

  const wrong: [string, (folder: string) => string, string][] = [
    ["is empty", () => "", "ENOENT: no such file or directory, open ''"],
    [
      "is in a folder that does not exist",
      (folder) => `${folder}/none/a.log`,
      "ENOENT: no such file or directory, open 'PATH'",
    ],
    [
      "is a folder",
      (folder) => folder,
      "EISDIR: illegal operation on a directory, open 'PATH'",
    ],
    [
      "is below a file",
      (folder) => `${folder}/file/a.log`,
      "ENOTDIR: not a directory, open 'PATH'",
    ],
    ["is a device", () => "/dev/null", "it is not a regular file"],
  ];
  for (const [what, path, why] of wrong)
    it(`makes the program exit with code 1 when its path ${what}`, async () => {
      const LOG_FILE = path(folder({ file: "" }));
      const end = await runToEnd(writer, { LOG_FILE }, '{"lines":1}');
      assert.equal(end.code, 1);
      assert.equal(end.stdout, "");
      assert.equal(
        end.stderr,
        `LOG_FILE is "${LOG_FILE}", and that can't be opened to log to (${why.replace("PATH", LOG_FILE)}): name a file in a folder that exists and that this user may write to, or unset LOG_FILE to log to standard output.\n`,
      );
    });

  /** Runs a program that logs numbered lines to a new file. */
  async function run(options: object, content?: string) {
    const path = join(
      folder(content === undefined ? {} : { "a.log": content }),
      "a.log",
    );
    const end = await runToEnd(
      writer,
      { LOG_FILE: path },
      JSON.stringify(options),
    );
    return { path, ...end };
  }

  it("contains every line, and standard output none", async () => {
    const { path, ...end } = await run({ lines: 1_000 });
    assert.deepEqual(end, { code: 0, stdout: "", stderr: "" });
    const lines = linesOf(path);
    isNumbered(lines, 0, 1_000);
    const { time: _time, ...line } = lines[0] as Line;
    assert.deepEqual(line, { level: "info", n: 0, msg: "line" });
    assert.equal(existsSync(`${path}.1`), false);
  });

  it("contains every line of a killed program", async () => {
    const { path, code } = await run({ lines: 1_000, end: "kill" });
    assert.equal(code, null);
    isNumbered(linesOf(path), 0, 1_000);
  });

  it("contains fatal lines, which standard output repeats", async () => {
    const { path, stdout } = await run({ lines: 1, end: "fatal" });
    const { level, msg } = JSON.parse(stdout);
    assert.deepEqual({ level, msg }, { level: "fatal", msg: "can't go on" });
    assert.deepEqual(linesOf(path).at(-1), JSON.parse(stdout));
  });

  it("leaves an uncaught error's stack on standard error", async () => {
    const { path, code, stdout, stderr } = await run({
      lines: 10,
      end: "throw",
    });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /Error: nobody catches this\n +at .*log-writer\.ts/);
    isNumbered(linesOf(path), 0, 10);
  });

  it("contains the reason why a service could not start, which standard output repeats", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const path = join(folder(), "a.log");
    const end = await runToEnd(
      "tests/support/programs/program.ts",
      { LOG_FILE: path },
      JSON.stringify({ port }),
    );
    other.close();
    assert.equal(end.code, 1);
    assert.match(end.stdout, /^\{"level":"fatal",.*EADDRINUSE.*\}\n$/);
    assert.equal(readFileSync(path, "utf8"), end.stdout);
  });

  it("keeps its existing lines", async () => {
    const { path } = await run({ lines: 5 }, numbered(-5, 0));
    isNumbered(linesOf(path), -5, 5);
  });

  it("continues on a new line after an incomplete one left by a killed program", async () => {
    const { path } = await run({ lines: 5 }, `${numbered(0, 1)}{"n":`);
    const [first, half, ...lines] = readFileSync(path, "utf8").split(/(?<=\n)/);
    assert.deepEqual([first, half], [numbered(0, 1), '{"n":\n']);
    isNumbered(
      lines.map((line) => JSON.parse(line)),
      0,
      5,
    );
  });

  describe("rotation", () => {
    const limit = 64 * 1024;

    it("replaces the previous rotated file without losing or tearing lines", async () => {
      const path = join(folder(), "a.log");
      const lines = 10_000;
      await runToEnd(writer, {}, JSON.stringify({ path, limit, lines }));
      const both = [...linesOf(`${path}.1`), ...linesOf(path)];
      isNumbered(both, lines - both.length, lines);
      const { size } = statSync(`${path}.1`);
      assert.ok(size <= limit && size > limit - 200, `${size}`);
      assert.ok(statSync(path).size <= limit);
    });

    it("rotates a file that is already full when opened", () => {
      const path = join(folder({ "a.log": "x".repeat(limit) }), "a.log");
      const log = createLogger(logFile(path, limit));
      log.level = "info";
      log.info("hello");
      assert.equal(linesOf(path).length, 1);
      assert.equal(statSync(`${path}.1`).size, limit + 1); // and its newline
    });

    it("does not rotate an empty file for a line above the limit", () => {
      const path = join(folder(), "a.log");
      const log = createLogger(logFile(path, 100));
      log.level = "info";
      log.info("x".repeat(200));
      assert.equal(existsSync(`${path}.1`), false);
      log.info("next");
      assert.equal(linesOf(`${path}.1`).length, 1);
      assert.equal(linesOf(path).length, 1);
    });

    it("limits bytes, not characters", () => {
      const path = join(folder(), "a.log");
      const log = createLogger(logFile(path, 1_000));
      log.level = "info";
      for (let i = 0; i < 20; i++) log.info("ü".repeat(200));
      assert.ok(statSync(`${path}.1`).size <= 1_000);
    });

    it("creates a new file when the old one was removed", () => {
      const path = join(folder(), "a.log");
      const log = createLogger(logFile(path, 100));
      log.level = "info";
      log.info("x".repeat(200));
      rmSync(path);
      log.info("next");
      assert.equal(linesOf(path).length, 1);
    });
  });

  it("contains only whole lines when it can't grow, and the others go to standard output", () => {
    const path = join(folder(), "a.log");
    // The shell's limit, in blocks of 512 bytes, falls into the middle of a line.
    const { stdout } = spawnSync(
      "sh",
      [
        "-c",
        'ulimit -f 8; exec "$@"',
        "sh",
        process.execPath,
        writer,
        '{"lines":200}',
      ],
      { env: { LOG_FILE: path }, encoding: "utf8" },
    );
    const written = linesOf(path);
    assert.ok(written.length > 30 && written.length < 100);
    const others = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    isNumbered([...written, ...others], 0, 200);
  });

  it("stays below its limit when it can't be renamed, and further lines go to standard output", async () => {
    const path = join(folder(), "a.log");
    mkdirSync(join(`${path}.1`, "taken"), { recursive: true });
    const { stdout } = await runToEnd(
      writer,
      {},
      JSON.stringify({ path, limit: 1_000, lines: 50 }),
    );
    assert.ok(statSync(path).size <= 1_000);
    const others = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    isNumbered([...linesOf(path), ...others], 0, 50);
    renameSync(`${path}.1`, `${path}.2`);
  });
});
