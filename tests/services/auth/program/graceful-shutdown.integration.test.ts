import assert from "node:assert/strict";
import { password } from "../../../support/auth/domain.ts";
import { json, startedAuth } from "../../../support/auth/program.ts";
import { useDatabase } from "../../../support/postgres.ts";
import { stopPrograms } from "../../../support/program.ts";

describe("Auth program: shutdown", () => {
  stopPrograms();
  const database = useDatabase();

  const account = (url: string, n: number) =>
    fetch(`${url}/signup`, json({ email: `${n}@example.com`, password }));

  it("completes running requests, then exits", async () => {
    const { url, terminate, end, out } = await startedAuth(database());
    // More than it hashes at once, so that some are still queued at SIGTERM.
    const answers = Array.from({ length: 12 }, (_, n) => account(url, n));
    await Promise.race(answers);
    await terminate();
    // It still answers new requests, but is no longer ready.
    answers.push(account(url, 99));
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
    for (const answer of answers) assert.equal((await answer).status, 201);
    const { code, stderr } = await end;
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.doesNotMatch(out.stdout, /"level":"(error|fatal|warn)"/);
  });
});
