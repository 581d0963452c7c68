import assert from "node:assert/strict";
import { password } from "../../../support/auth/domain.ts";
import { json, startedAuth } from "../../../support/auth/program.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";

describe("The program of auth that is asked to end", () => {
  stopPrograms();
  const database = useDatabase();

  const account = (url: string, n: number) =>
    fetch(`${url}/signup`, json({ email: `${n}@example.com`, password }));

  it("completes what was begun, and then ends by itself", async () => {
    const { url, terminate, end, out } = await startedAuth(database());
    // More than it hashes at once: some wait for their turn when the end is asked for.
    const answers = Array.from({ length: 12 }, (_, n) => account(url, n));
    await Promise.race(answers);
    await terminate();
    // It still answers who has yet to hear of it, and is not ready any more.
    answers.push(account(url, 99));
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
    for (const answer of answers) assert.equal((await answer).status, 201);
    const { code, stderr } = await end;
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.doesNotMatch(out.stdout, /"level":"(error|fatal|warn)"/);
  });
});
