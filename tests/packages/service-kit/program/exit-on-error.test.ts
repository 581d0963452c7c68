import assert from "node:assert/strict";
import { mock } from "node:test";
import { exitOnError } from "../../../../packages/service-kit/index.ts";

describe("exitOnError", () => {
  /** Thrown in place of the end of the process. */
  const exited = new Error("process.exit");
  let printed: unknown[][] = [];
  let codes: unknown[] = [];

  beforeEach(() => {
    printed = [];
    codes = [];
    mock.method(console, "error", (...args: unknown[]) => printed.push(args));
    mock.method(process, "exit", (code: unknown) => {
      codes.push(code);
      throw exited;
    });
  });
  afterEach(() => mock.reset());

  it("returns what the function creates, and does not exit", () => {
    const part = {};
    assert.equal(
      exitOnError(() => part),
      part,
    );
    assert.deepEqual([printed, codes], [[], []]);
  });

  it("prints only the error's message, and exits with code 1", () => {
    const create = () => {
      throw new Error("PROCESSOR=stripe needs STRIPE_SECRET_KEY");
    };
    assert.throws(() => exitOnError(create), exited);
    assert.deepEqual(printed, [
      [
        "This program can't start, because its environment is invalid:\n  PROCESSOR=stripe needs STRIPE_SECRET_KEY",
      ],
    ]);
    assert.deepEqual(codes, [1]);
  });
});
