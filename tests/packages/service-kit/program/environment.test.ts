import assert from "node:assert/strict";
import { z } from "zod";
import { readEnvironment } from "../../../../packages/service-kit/environment/environment.ts";
import { runToEnd, stopPrograms } from "../../../support/program.ts";

/** The reported errors, without the heading. */
function errorsOf(...args: Parameters<typeof readEnvironment>): string[] {
  try {
    readEnvironment(...args);
  } catch (error) {
    return (error as Error).message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

describe("readEnvironment", () => {
  stopPrograms();

  it("returns PORT as a number", () => {
    assert.equal(readEnvironment({ PORT: "8081" }).PORT, 8081);
  });

  it("sets LOG_LEVEL to info by default", () => {
    assert.equal(readEnvironment({ PORT: "8081" }).LOG_LEVEL, "info");
  });

  it("reads LOG_LEVEL", () => {
    const { LOG_LEVEL } = readEnvironment({ PORT: "1", LOG_LEVEL: "debug" });
    assert.equal(LOG_LEVEL, "debug");
  });

  it("sets KEEP_ALIVE_SECONDS to 620 by default", () => {
    assert.equal(readEnvironment({ PORT: "8081" }).KEEP_ALIVE_SECONDS, 620);
  });

  for (const seconds of ["1", "65", "9999"])
    it(`accepts KEEP_ALIVE_SECONDS=${seconds}`, () => {
      const read = readEnvironment({ PORT: "1", KEEP_ALIVE_SECONDS: seconds });
      assert.equal(read.KEEP_ALIVE_SECONDS, Number(seconds));
    });

  const port = "expected a whole number from 1 to 65535";
  const levels =
    "expected one of fatal, error, warn, info, debug, trace, silent";
  const wrong: [Record<string, string>, string][] = [
    [{}, `PORT is not set: ${port}`],
    [{ PORT: "" }, `PORT is "": ${port}`],
    [{ PORT: "http" }, `PORT is "http": ${port}`],
    [{ PORT: "80.5" }, `PORT is "80.5": ${port}`],
    [{ PORT: "0" }, `PORT is "0": ${port}`],
    [{ PORT: "-1.5" }, `PORT is "-1.5": ${port}`],
    [{ PORT: "65536" }, `PORT is "65536": ${port}`],
    [{ PORT: "1", LOG_LEVEL: "loud" }, `LOG_LEVEL is "loud": ${levels}`],
    [{ PORT: "1", LOG_LEVEL: "" }, `LOG_LEVEL is "": ${levels}`],
  ];
  for (const seconds of ["", "0", "-1", "1.5", "10000", "10m"])
    wrong.push([
      { PORT: "1", KEEP_ALIVE_SECONDS: seconds },
      `KEEP_ALIVE_SECONDS is "${seconds}": expected a whole number from 1 to 9999`,
    ]);
  for (const [variables, sentence] of wrong)
    it(`rejects ${JSON.stringify(variables)}: ${sentence}`, () => {
      assert.deepEqual(errorsOf(variables), [sentence]);
    });

  it("reports every missing and invalid variable at once", () => {
    const own = { REGION: z.string(), SHARDS: z.coerce.number() };
    assert.deepEqual(errorsOf({ LOG_LEVEL: "loud", SHARDS: "two" }, own), [
      `PORT is not set: ${port}`,
      `LOG_LEVEL is "loud": ${levels}`,
      "REGION is not set: expected string",
      'SHARDS is "two": expected number',
    ]);
  });

  it("reads the service's own variables", () => {
    const own = { SHARDS: z.coerce.number() };
    assert.equal(readEnvironment({ PORT: "1", SHARDS: "2" }, own).SHARDS, 2);
  });

  it("does not print an invalid value that may contain a password", () => {
    const own = { DATABASE_URL: z.url() };
    const messages = errorsOf({ PORT: "1", DATABASE_URL: "hunter2" }, own);
    assert.deepEqual(messages, ["DATABASE_URL is wrong: Invalid URL"]);
  });

  it("makes a service exit with code 1 and print only the errors", async () => {
    const end = await runToEnd("services/streaming/server.ts", {
      LOG_LEVEL: "loud",
      DATABASE_URL: "postgres://streaming:secret@127.0.0.1/streaming",
      ISSUER: "http://127.0.0.1:8081",
      AUTH_URL: "http://127.0.0.1:8081",
      PAYMENT_URL: "http://127.0.0.1:8082",
      PLAYBACK_KEY: "a key that is long enough for this test",
    });
    assert.deepEqual(end, {
      code: 1,
      stdout: "",
      stderr: `This program can't start, because its environment is invalid:\n  PORT is not set: ${port}\n  LOG_LEVEL is "loud": ${levels}\n`,
    });
  });
});
