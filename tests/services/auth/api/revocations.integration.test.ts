import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import {
  createRevocations,
  defaultRevocationTimings,
} from "../../../../packages/service-kit/access-token/revocations.ts";
import { password } from "../../../support/auth/domain.ts";
import {
  bearer,
  issuer,
  jsonOf,
  logIn,
  me,
  post,
  send,
  signUp,
  type TestAuth,
  useAuth,
} from "../../../support/auth/service.ts";
import { problemOf } from "../../../support/problem.ts";

interface Listed {
  cursor: string;
  sessions: { id: string; expires_in: number; account_deleted: boolean }[];
}

describe("GET /revocations", () => {
  const auth = useAuth();
  const list = async ({ app }: TestAuth, query = "") =>
    jsonOf<Listed>(await app.request(`/revocations${query}`), 200);
  const ids = ({ sessions }: Listed) => sessions.map(({ id }) => id);
  const sidOf = ({ access_token }: { access_token: string }) =>
    decodeJwt(access_token).sid as string;

  it("lists a session in every replica after POST /logout", async () => {
    const tokens = await signUp(auth.first);
    const other = await logIn(auth.first);
    await post(auth.first, "/logout", undefined, bearer(tokens));
    for (const replica of [auth.first, auth.second]) {
      const listed = ids(await list(replica));
      assert.ok(listed.includes(sidOf(tokens)));
      assert.ok(!listed.includes(sidOf(other)));
    }
  });

  it("lists the sessions that a password change ended, but not the one that made it", async () => {
    const stolen = await signUp(auth.first);
    const tokens = await logIn(auth.first);
    const { cursor } = await list(auth.first);
    const change = {
      current_password: password,
      new_password: "an engine of analysis",
    };
    await send(auth.first, "PUT", "/me/password", change, bearer(tokens));
    const listed = await list(auth.second, `?after=${cursor}`);
    assert.deepEqual(ids(listed), [sidOf(stolen)]);
    assert.equal((await me(auth.second, tokens)).status, 200);
  });

  it("marks sessions that ended with their account", async () => {
    const tokens = await signUp(auth.first);
    const { cursor } = await list(auth.first);
    await send(auth.first, "DELETE", "/me", { password }, bearer(tokens));
    const { sessions } = await list(auth.second, `?after=${cursor}`);
    assert.deepEqual(
      sessions.map(({ id, account_deleted }) => [id, account_deleted]),
      [[sidOf(tokens), true]],
    );
  });

  it("sets Cache-Control: no-store", async () => {
    const response = await auth.first.app.request("/revocations");
    assert.equal(response.headers.get("cache-control"), "no-store");
  });

  it("lists the newest 50,000 sessions, which services accept in one response", async () => {
    const { database, service } = auth.first;
    await database.query("TRUNCATE revoked_sessions");
    const insert = async (number: number) => {
      const rows = await database.query<{ id: string }>(
        `INSERT INTO revoked_sessions (session_id, account_deleted, expires_at)
         SELECT gen_random_uuid(), false, now() + interval '11 minutes' FROM generate_series(1, $1)
         RETURNING session_id AS id`,
        [number],
      );
      return rows.map(({ id }) => id);
    };
    const [oldest] = await insert(1);
    const newest = await insert(50_000);
    const { find } = createRevocations(`${issuer}/revocations`, {
      fetch: async (url, init) => service.app.request(url, init),
      timings: { ...defaultRevocationTimings, timeoutSeconds: 60 },
    });
    for (const id of newest) assert.ok(await find(id));
    assert.equal(await find(oldest as string), undefined);
    await database.query("TRUNCATE revoked_sessions");
  });

  it("rejects an invalid cursor", async () => {
    for (const query of [
      "?after=",
      "?after=x",
      "?after=-1",
      "?after=08",
      "?other=1",
    ])
      await problemOf(
        await auth.first.app.request(`/revocations${query}`),
        422,
      );
  });
});
