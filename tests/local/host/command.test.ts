import assert from "node:assert/strict";
import { realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { parseInstance, project } from "../../../local/environment.ts";
import { eventually } from "../../../local/eventually.ts";
import {
  CommandError,
  CommandTimeoutError,
  run,
  succeeds,
} from "../../../local/host/command.ts";
import { UserError } from "../../../local/user-error.ts";
import { useFolders } from "../../support/folders.ts";

/** Runs a program written in JavaScript. */
const js = (program: string, options: Parameters<typeof run>[2] = {}) =>
  run(process.execPath, ["-e", program], options);

describe("parseInstance", () => {
  it("defaults to 0", () => {
    assert.equal(parseInstance(undefined), 0);
    assert.equal(parseInstance(""), 0);
  });

  it("returns the given digit", () => {
    assert.equal(parseInstance("0"), 0);
    assert.equal(parseInstance("9"), 9);
  });

  for (const value of ["10", "-1", "1.5", "one", " 1"])
    it(`rejects "${value}"`, () => {
      assert.throws(
        () => parseInstance(value),
        new UserError(
          `MARQUEE_LOCAL is "${value}"; it names a local environment and must be one digit, 0 to 9.`,
        ),
      );
    });
});

describe("run", () => {
  const useFolder = useFolders();

  it("returns the standard output without its last line break, and without the standard error", async () => {
    assert.equal(
      await js("console.log('one\\ntwo'); console.error('three')"),
      "one\ntwo",
    );
  });

  it("decodes characters that arrive in two chunks", async () => {
    assert.equal(
      await js(
        "const b = Buffer.from('é'); process.stdout.write(b.subarray(0, 1), () => setTimeout(() => process.stdout.write(b.subarray(1)), 50))",
      ),
      "é",
    );
  });

  it("runs in the project's folder, or in the given one", async () => {
    const folder = realpathSync(useFolder());
    const where = "console.log(process.cwd())";
    assert.equal(await js(where), realpathSync(project));
    assert.equal(await js(where, { cwd: folder }), folder);
  });

  it("passes only the given environment to the program", async () => {
    assert.equal(
      await js("console.log(process.env.A, process.env.HOME)", {
        env: { A: "1" },
      }),
      "1 undefined",
    );
  });

  for (const [kind, input] of [
    ["text", "héllo"],
    ["a stream", Readable.from(["hé", "llo"])],
  ] as const)
    it(`writes ${kind} to the standard input`, async () => {
      assert.equal(
        await js("process.stdin.pipe(process.stdout)", { input }),
        "héllo",
      );
    });

  it("succeeds although a program doesn't read its input", async () => {
    assert.equal(await js("", { input: "x".repeat(1_000_000) }), "");
  });

  it("reports each line that the program writes", async () => {
    const lines: string[] = [];
    await js("console.error('one\\ntwo'); console.log('three')", {
      onLine: (line) => lines.push(line),
    });
    assert.deepEqual(lines.sort(), ["one", "three", "two"]);
  });

  it("fails with the program's name, exit code and output", async () => {
    const program =
      "console.log('out'); console.error('err'); process.exitCode = 3";
    await assert.rejects(js(program), (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.output, "out\nerr");
      assert.equal(
        error.message,
        `${process.execPath} -e ${program} ended with code 3\nout\nerr`,
      );
      return true;
    });
  });

  it("fails with the last lines of a long output", async () => {
    const program =
      "for (let i = 0; i < 100; i++) console.error(i); process.exitCode = 1";
    await assert.rejects(js(program), ({ output }: CommandError) => {
      const lines = output.split("\n").filter((line) => line !== "");
      assert.deepEqual([lines[0], lines.at(-1)], ["60", "99"]);
      return true;
    });
  });

  it("names the signal that ended a program", async () => {
    await assert.rejects(
      js("process.kill(process.pid, 'SIGKILL')"),
      /ended with SIGKILL/,
    );
  });

  it("kills a program at its timeout, although its children keep its output open", async () => {
    const folder = useFolder({ running: "" });
    const child = `while [ -e '${folder}/running' ]; do sleep 0.1; done`;
    await assert.rejects(
      run("sh", ["-c", `${child} & wait`], { timeoutMs: 100 }),
      (error) => {
        assert.ok(error instanceof CommandTimeoutError);
        assert.match(error.message, /^sh -c .+ did not end within 0\.1 s\n/);
        return true;
      },
    );
    rmSync(join(folder, "running"));
  });

  it("returns the output of a program that ends before its timeout", async () => {
    assert.equal(await js("console.log(1)", { timeoutMs: 600_000 }), "1");
  });

  it("says that a program is not installed", async () => {
    await assert.rejects(
      run("no-such-program", []),
      new UserError("no-such-program is not installed, or not on the PATH."),
    );
  });
});

describe("succeeds", () => {
  it("returns true only for a program that exits with code 0", async () => {
    assert.equal(await succeeds("true", []), true);
    assert.equal(await succeeds("false", []), false);
    assert.equal(await succeeds("no-such-program", []), false);
  });
});

describe("eventually", () => {
  /** A condition that is true from the nth time on. */
  const from = (nth: number) => {
    let checks = 0;
    return { condition: async () => ++checks >= nth, checks: () => checks };
  };

  it("checks a true condition once", async () => {
    const { condition, checks } = from(1);
    assert.equal(await eventually(condition, 0), true);
    assert.equal(checks(), 1);
  });

  it("checks until the condition is true", async () => {
    const { condition, checks } = from(4);
    assert.equal(await eventually(condition, 5_000, 1), true);
    assert.equal(checks(), 4);
  });

  it("gives up after the timeout", async () => {
    assert.equal(await eventually(from(Infinity).condition, 20, 1), false);
  });
});
