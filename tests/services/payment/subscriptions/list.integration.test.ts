import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import {
  assertInvariants,
  get,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  later,
  type ShownSubscription,
  standard,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";

describe("GET /subscriptions", () => {
  const replicas = useSubscriptions();
  afterEach(() => assertInvariants(replicas));

  it("lists the caller's subscriptions, newest first, in pages", async () => {
    const by = randomUUID();
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { id } = await jsonOf<ShownSubscription>(
        await post(replicas.first, "/subscriptions", standard(), by),
        201,
      );
      ids.unshift(id);
      const now = { at: "now" };
      await post(replicas.first, `/subscriptions/${id}/cancel`, now, by);
      await later(replicas.first, id, "1 day");
    }
    const page = await jsonOf<{ data: ShownSubscription[]; has_more: boolean }>(
      await get(replicas.first, "/subscriptions?limit=2", by),
      200,
    );
    assert.deepEqual(
      page.data.map(({ id }) => id),
      ids.slice(0, 2),
    );
    assert.equal(page.has_more, true);
    const rest = await jsonOf<typeof page>(
      await get(replicas.first, `/subscriptions?before=${ids[1]}`, by),
      200,
    );
    assert.deepEqual(
      rest.data.map(({ id }) => id),
      ids.slice(2),
    );
    assert.equal(rest.has_more, false);
  });
});
