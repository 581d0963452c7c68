import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { openDatabase } from "@marquee/runtime";
import {
  isAway,
  no,
  somebody,
  soon,
  useEntitlements,
  yes,
} from "./streaming-entitlements.ts";

/** Milliseconds between two questions whose order is to count: more than a statement may be late on a busy machine. */
const apart = 150;

describe("streaming: entitlements that are remembered", () => {
  const test = useEntitlements();
  const { payment, replica, asked, watching } = test;
  const rowOf = async (userId: string) => {
    const [row] = await test.database.query<{
      entitled: boolean;
      asked_at: Date;
    }>("SELECT * FROM entitlements WHERE user_id = $1", [userId]);
    return row;
  };
  /** Makes what is remembered of somebody older. */
  const age = (userId: string, by: string) =>
    test.database.query(
      "UPDATE entitlements SET asked_at = asked_at - $2::interval WHERE user_id = $1",
      [userId, by],
    );

  beforeEach(() => payment.up());

  /** What another replica says of somebody while payment is away. */
  const away = async (viewer: { userId: string; token: string }) => {
    await payment.down();
    return replica().of(viewer);
  };

  it("count for twelve hours", async () => {
    const viewer = await watching();
    await age(viewer.userId, "11 hours 59 minutes");
    assert.equal((await away(viewer)).entitled, true);
    await age(viewer.userId, "2 minutes");
    await isAway(replica().of(viewer));
  });

  it("count no longer than what was paid", async () => {
    const until = new Date(Date.now() + 1_500);
    const viewer = await watching({ until });
    assert.equal((await away(viewer)).entitled, true);
    await delay(until.getTime() + 50 - Date.now());
    await isAway(replica().of(viewer));
  });

  it("are none of somebody else's", async () => {
    await watching();
    await isAway(away(somebody()));
  });

  it("are over when payment says so", async () => {
    const viewer = await watching();
    payment.handler = (_, response) => no(response);
    const entitlements = replica();
    assert.equal((await entitlements.of(viewer)).entitled, false);
    await entitlements.settled();
    await isAway(away(viewer));
  });

  it("are nothing of who never might watch", async () => {
    const viewer = somebody();
    payment.handler = (_, response) => no(response);
    const entitlements = replica();
    await entitlements.of(viewer);
    await entitlements.settled();
    assert.equal(await rowOf(viewer.userId), undefined);
  });

  it("are not put back by an answer that was asked for before", async () => {
    const viewer = somebody();
    const [slow, quick] = [replica({ timeout: 2_000 }), replica()];
    payment.handler = (_, response) => setTimeout(yes, 300, response);
    const late = slow.of(viewer);
    while (asked() === 0) await delay(5);
    await delay(apart);
    payment.handler = (_, response) => yes(response, { plan: "premium" });
    await quick.of(viewer);
    await quick.settled();
    payment.handler = (_, response) => no(response);
    quick.forget(viewer.userId);
    await quick.of(viewer);
    await quick.settled();
    await late;
    await slow.settled();
    assert.equal((await rowOf(viewer.userId))?.entitled, false);
  });

  it("are not taken back by a no that was asked for before", async () => {
    const viewer = somebody();
    const [slow, quick] = [replica({ timeout: 2_000 }), replica()];
    payment.handler = (_, response) => setTimeout(no, 300, response);
    const late = slow.of(viewer);
    while (asked() === 0) await delay(5);
    await delay(apart);
    payment.handler = (_, response) => yes(response);
    await quick.of(viewer);
    await quick.settled();
    await late;
    await slow.settled();
    assert.equal((await rowOf(viewer.userId))?.entitled, true);
  });

  it("are written when something changes, and not for each answer", async () => {
    const viewer = somebody();
    const until = soon();
    payment.handler = (_, response) => yes(response, { maxAge: 0, until });
    const entitlements = replica();
    const askedAt = async () => {
      await entitlements.of(viewer);
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

  it("do not keep who watches waiting for the database, nor fail without it", async () => {
    const nowhere = openDatabase({
      DATABASE_URL: "postgres://nobody:x@127.0.0.1:1/nothing",
    });
    const viewer = somebody();
    payment.handler = (_, response) => yes(response, { maxAge: 0 });
    const entitlements = replica({}, nowhere);
    assert.equal((await entitlements.of(viewer)).source, "payment");
    await entitlements.settled();
    // With neither of both, this process goes on with what it knows.
    await payment.down();
    assert.equal((await entitlements.of(viewer)).source, "remembered");
    await isAway(entitlements.of(somebody()));
    await nowhere.close();
  });
});
