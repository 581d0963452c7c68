import assert from "node:assert/strict";
import { problemOf } from "../../../support/problem.ts";
import {
  as,
  newMember,
  playbackOf,
  type TestUser,
  useStreaming,
} from "../../../support/streaming/service.ts";
import { newUser } from "../../../support/streaming/system.ts";

describe("POST /playback/:id", () => {
  const replicas = useStreaming();
  const post = (user: { token: string }, path = "/playback/metropolis") =>
    replicas.first.app.request(path, as(user, "POST"));

  it("returns 401 without an access token", async () => {
    const { app } = replicas.first;
    const response = await app.request("/playback/metropolis", {
      method: "POST",
    });
    await problemOf(response, 401);
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
  });

  it("returns 403 with entitled: false to a user without a subscription", async () => {
    const problem = await problemOf(
      await post(await newUser(replicas.system)),
      403,
    );
    assert.equal((problem as { entitled?: boolean }).entitled, false);
  });

  it("returns 403 to a cross-site request", async () => {
    const member = await newMember(replicas);
    const init = as(member, "POST");
    const headers = { ...init.headers, "sec-fetch-site": "cross-site" };
    const response = await replicas.first.app.request("/playback/metropolis", {
      ...init,
      headers,
    });
    await problemOf(response, 403);
  });

  it("returns 404 for an unknown title", async () => {
    const member = await newMember(replicas);
    await problemOf(await post(member, "/playback/vertigo"), 404);
  });

  it("returns URLs that expire in ten minutes", async () => {
    const member = await newMember(replicas);
    const playback = await playbackOf(replicas.first, member);
    const left = Date.parse(playback.expires_at) - Date.now();
    assert.ok(left > 590_000 && left <= 600_000, `${left} ms`);
    assert.match(playback.url, /^\/stream\/metropolis\?/);
    assert.match(playback.hls, /^\/stream\/metropolis\/index\.m3u8\?/);
    assert.equal(playback.position, 0);
  });

  it("returns 403 after the subscription was canceled", async () => {
    const member = await newMember(replicas);
    const cancel = `${replicas.system.url}/api/payment/subscriptions/${member.subscription}/cancel`;
    const canceled = await fetch(cancel, as(member, "POST", { at: "now" }));
    assert.equal(canceled.status, 200);
    await problemOf(await post(member), 403);
  });
});

describe("Progress API", () => {
  const replicas = useStreaming();
  let user: TestUser;
  beforeEach(async () => {
    user = await newUser(replicas.system);
  });
  const put = (id: string, position: unknown) =>
    replicas.first.app.request(
      `/progress/${id}`,
      as(user, "PUT", { position }),
    );
  async function list(replica: "first" | "second" = "first") {
    const { app } = replicas[replica];
    const response = await app.request("/progress", as(user));
    assert.equal(response.status, 200);
    const { data } = await response.json();
    return data.map(
      ({ title, position, duration }: Record<string, unknown>) => [
        ...[title, position, duration],
      ],
    );
  }

  for (const [what, position, status] of [
    ["a negative position", -1, 422],
    ["a position that is a string", "12", 422],
    ["a missing position", undefined, 422],
  ] as const)
    it(`rejects ${what}`, async () => {
      await problemOf(await put("metropolis", position), status);
      assert.deepEqual(await list(), []);
    });

  it("returns 404 for an unknown title", async () => {
    await problemOf(await put("vertigo", 1), 404);
  });

  it("returns 401 without an access token", async () => {
    const { app } = replicas.first;
    await problemOf(await app.request("/progress"), 401);
    const init = {
      method: "PUT",
      body: '{"position":1}',
      headers: { "content-type": "application/json" },
    };
    await problemOf(await app.request("/progress/metropolis", init), 401);
  });

  it("lists positions, the latest title first, from every replica", async () => {
    assert.equal((await put("metropolis", 12.5)).status, 204);
    assert.equal((await put("sunrise", 3)).status, 204);
    const all = [
      ["sunrise", 3, 50],
      ["metropolis", 12.5, 100],
    ];
    assert.deepEqual(await list(), all);
    assert.deepEqual(await list("second"), all);
  });

  it("leaves out titles watched to the end", async () => {
    await put("metropolis", 12);
    await put("metropolis", 1_000);
    assert.deepEqual(await list(), []);
  });

  it("starts the player at the saved position, and at the beginning after the end", async () => {
    const member = await newMember(replicas);
    user = member;
    await put("metropolis", 40);
    const { position } = await playbackOf(replicas.second, member);
    assert.equal(position, 40);
    await put("metropolis", 99);
    assert.equal((await playbackOf(replicas.second, member)).position, 0);
  });

  it("lists the user's own positions only", async () => {
    await put("metropolis", 12);
    user = await newUser(replicas.system);
    assert.deepEqual(await list(), []);
  });
});
