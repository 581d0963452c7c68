import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "@marquee/service-kit";
import { useClock } from "../../../support/clock.ts";
import {
  assertUnavailable,
  newViewer,
  no,
  soon,
  useEntitlements,
  yes,
} from "../../../support/streaming/entitlements.ts";

/** Milliseconds between two requests whose order matters: more than a statement can be late on a busy machine. */
const apart = 60_000;

describe("Last-known entitlements", () => {
  const test = useEntitlements();
  const { payment, replica, entitledViewer } = test;
  const clock = useClock();
  const rowOf = async (userId: string) => {
    const [row] = await test.database.query<{
      entitled: boolean;
      asked_at: Date;
    }>("SELECT * FROM entitlements WHERE user_id = $1", [userId]);
    return row;
  };
  /** Makes a user's last-known entitlement older. */
  const age = (userId: string, by: string) =>
    test.database.query(
      "UPDATE entitlements SET asked_at = asked_at - $2::interval WHERE user_id = $1",
      [userId, by],
    );

  beforeEach(() => payment.up());

  /** Another replica's answer while payment is unavailable. */
  const checkUnavailable = async (viewer: {
    userId: string;
    token: string;
  }) => {
    await payment.down();
    return replica().check(viewer);
  };

  it("expires a last-known entitlement after twelve hours", async () => {
    const viewer = await entitledViewer();
    await age(viewer.userId, "11 hours 59 minutes");
    assert.equal((await checkUnavailable(viewer)).entitled, true);
    await age(viewer.userId, "2 minutes");
    await assertUnavailable(replica().check(viewer));
  });

  it("expires a last-known entitlement at the end of the paid period", async () => {
    const viewer = await entitledViewer();
    assert.equal((await checkUnavailable(viewer)).entitled, true);
    await test.database.query(
      "UPDATE entitlements SET until = now() WHERE user_id = $1",
      [viewer.userId],
    );
    await assertUnavailable(replica().check(viewer));
  });

  it("does not return one user's entitlement to another", async () => {
    await entitledViewer();
    await assertUnavailable(checkUnavailable(newViewer()));
  });

  it("deletes an entitlement when payment denies it", async () => {
    const viewer = await entitledViewer();
    payment.handler = (_, response) => no(response);
    const entitlements = replica();
    assert.equal((await entitlements.check(viewer)).entitled, false);
    await entitlements.settled();
    await assertUnavailable(checkUnavailable(viewer));
  });

  it("stores nothing for a user who was never entitled", async () => {
    const viewer = newViewer();
    payment.handler = (_, response) => no(response);
    const entitlements = replica();
    await entitlements.check(viewer);
    await entitlements.settled();
    assert.equal(await rowOf(viewer.userId), undefined);
  });

  it("keeps a denial when a late answer to an earlier request grants access", async () => {
    const viewer = newViewer();
    const [slow, quick] = [replica(), replica()];
    const waiting = Promise.withResolvers<ServerResponse>();
    payment.handler = (_, response) => waiting.resolve(response);
    const late = slow.check(viewer);
    const response = await waiting.promise;
    clock.advance(apart);
    payment.handler = (_, response) => yes(response, { plan: "premium" });
    await quick.check(viewer);
    await quick.settled();
    payment.handler = (_, response) => no(response);
    quick.forget(viewer.userId);
    await quick.check(viewer);
    await quick.settled();
    yes(response);
    await late;
    await slow.settled();
    assert.equal((await rowOf(viewer.userId))?.entitled, false);
  });

  it("keeps an entitlement when a late answer to an earlier request denies access", async () => {
    const viewer = newViewer();
    const [slow, quick] = [replica(), replica()];
    const waiting = Promise.withResolvers<ServerResponse>();
    payment.handler = (_, response) => waiting.resolve(response);
    const late = slow.check(viewer);
    const response = await waiting.promise;
    clock.advance(apart);
    payment.handler = (_, response) => yes(response);
    await quick.check(viewer);
    await quick.settled();
    no(response);
    await late;
    await slow.settled();
    assert.equal((await rowOf(viewer.userId))?.entitled, true);
  });

  it("writes to the database when an answer changes, and not for each answer", async () => {
    const viewer = newViewer();
    const until = soon();
    payment.handler = (_, response) => yes(response, { maxAge: 0, until });
    const entitlements = replica();
    const askedAt = async () => {
      await entitlements.check(viewer);
      await entitlements.settled();
      return (await rowOf(viewer.userId))?.asked_at.getTime();
    };
    const first = await askedAt();
    assert.ok(first);
    await delay(10);
    assert.equal(await askedAt(), first);
    payment.handler = (_, response) =>
      yes(response, { maxAge: 0, until, plan: "premium" });
    assert.notEqual(await askedAt(), first);
  });

  it("answers without the database, and from memory without payment", async () => {
    const nowhere = openDatabase({
      DATABASE_URL: "postgres://nobody:x@127.0.0.1:1/nothing",
    });
    const viewer = newViewer();
    payment.handler = (_, response) => yes(response, { maxAge: 0 });
    const entitlements = replica({}, nowhere);
    assert.equal((await entitlements.check(viewer)).source, "payment");
    await entitlements.settled();
    // Without payment and database, the process uses what it has in memory.
    await payment.down();
    assert.equal((await entitlements.check(viewer)).source, "remembered");
    await assertUnavailable(entitlements.check(newViewer()));
    await nowhere.close();
  });
});
