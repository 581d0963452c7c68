import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { browse } from "./auth-browser.ts";
import {
  as,
  newMember,
  playbackOf,
  useStreaming,
} from "./streaming-service.ts";
import { newUser } from "./streaming-system.ts";

const password = "correct horse battery staple";

describe("Deleting one's account at streaming's address", () => {
  const replicas = useStreaming();
  /** How many rows there are of somebody, or of all. */
  async function rows(userId?: string) {
    const [found] = await replicas.first.database.query<{ number: bigint }>(
      `SELECT (SELECT count(*) FROM progress WHERE $1::uuid IS NULL OR user_id = $1)
         + (SELECT count(*) FROM entitlements WHERE $1::uuid IS NULL OR user_id = $1) AS number`,
      [userId ?? null],
    );
    return Number(found?.number);
  }
  const watch = (user: { token: string }) =>
    replicas.first.app.request(
      "/progress/metropolis",
      as(user, "PUT", { position: 5 }),
    );

  it("deletes what is kept of it, and of nobody else", async () => {
    const member = await newMember(replicas);
    const other = await newUser(replicas.system);
    await playbackOf(replicas.first, member);
    await watch(member);
    await watch(other);
    await replicas.first.service.end(); // what is kept in the background is
    assert.equal(await rows(member.userId), 2);
    const response = await replicas.first.app.request(
      "/api/auth/me",
      as(member, "DELETE", { password: member.password }),
    );
    assert.equal(response.status, 204, await response.text());
    assert.equal(await rows(member.userId), 0);
    assert.equal(await rows(other.userId), 1);
  });

  it("deletes nothing where the password is wrong", async () => {
    const user = await newUser(replicas.system);
    await watch(user);
    const response = await replicas.first.app.request(
      "/api/auth/me",
      as(user, "DELETE", { password: "another one, and wrong" }),
    );
    assert.equal(response.status, 403);
    assert.equal(await rows(user.userId), 1);
  });

  it("is done by the form as well, if it is filled in as it has to be", async () => {
    await replicas.first.database.query("TRUNCATE progress, entitlements");
    const browser = browse(replicas.first);
    await browser.signUp({ email: `${randomUUID()}@example.com`, password });
    const put = await browser.request("/progress/sunrise", {
      method: "PUT",
      body: JSON.stringify({ position: 5 }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(put.status, 204);
    const send = (given: Record<string, string>) =>
      browser.post("/delete-account", { understood: "yes", ...given });
    assert.equal((await send({ password: "wrong" })).status, 422);
    assert.equal(await rows(), 1);
    assert.equal((await send({ password })).status, 303);
    assert.equal(await rows(), 0);
  });
});
