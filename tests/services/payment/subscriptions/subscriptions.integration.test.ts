import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { checkDocument, documentOf } from "../../../support/openapi.ts";
import {
  assertInvariants,
  get,
  json,
  jsonOf,
  post,
} from "../../../support/payment/service.ts";
import {
  eventsOf,
  type ShownSubscription,
  shown,
  standard,
  subscribed,
  triesOf,
  useSubscriptions,
} from "../../../support/payment/subscriptions.ts";
import { problemOf } from "../../../support/problem.ts";

describe("Subscribing", () => {
  const replicas = useSubscriptions();
  let by: string;
  beforeEach(() => {
    by = randomUUID();
    replicas.processor.next.length = 0;
  });
  afterEach(() => assertInvariants(replicas));

  const subscribe = (body: unknown, key?: string, replica = replicas.first) =>
    post(replica, "/subscriptions", body, by, key);
  const mine = async () =>
    (
      await jsonOf<{ data: ShownSubscription[] }>(
        await get(replicas.second, "/subscriptions", by),
        200,
      )
    ).data;

  it("has a valid OpenAPI document", async () => {
    checkDocument(await documentOf(replicas.first.service.app));
  });

  describe("POST /subscriptions", () => {
    const bad: [what: string, body: Record<string, unknown>, where: string][] =
      [
        ["a missing plan", { plan: undefined }, "/plan"],
        ["an unknown plan", { plan: "gold" }, "/plan"],
        ["a missing method", { method: undefined }, "/method"],
        ["an unknown token", { method: "pm_other" }, "/method"],
        ["an amount set by the client", { amount: 1 }, "/amount"],
        [
          "a javascript: return URL",
          { return_url: "javascript:alert(1)" },
          "/return_url",
        ],
      ];
    for (const [what, body, where] of bad)
      it(`rejects ${what}, and stores nothing`, async () => {
        const { errors } = await problemOf(
          await subscribe(standard(body)),
          422,
        );
        assert.deepEqual(
          errors?.map(({ pointer }) => pointer),
          [where],
        );
        assert.deepEqual(await mine(), []);
      });

    it("names the available plans when the plan is unknown", async () => {
      const { detail } = await problemOf(
        await subscribe(standard({ plan: "gold" })),
        422,
      );
      assert.match(detail, /"basic".*"standard".*"premium"/);
    });

    it("returns 401 without an access token", async () => {
      const response = await replicas.first.app.request("/subscriptions", {
        method: "POST",
        headers: { ...json, "idempotency-key": randomUUID() },
        body: JSON.stringify(standard()),
      });
      await problemOf(response, 401);
    });

    it("returns 400 without an Idempotency-Key", async () => {
      const response = await replicas.first.app.request("/subscriptions", {
        method: "POST",
        headers: { ...json, authorization: `Bearer ${by}` },
        body: JSON.stringify(standard()),
      });
      await problemOf(response, 400);
    });
  });

  it("charges the first period, and activates the subscription", async () => {
    const subscription = await jsonOf<ShownSubscription>(
      await subscribe(standard({ plan: "premium" })),
      201,
    );
    assert.equal(subscription.status, "active");
    assert.equal(subscription.amount, 1799);
    assert.equal(subscription.currency, "USD");
    assert.equal(subscription.interval, "P1M");
    assert.deepEqual(await mine(), [subscription]);
    assert.deepEqual(await triesOf(replicas.first, subscription.id), [
      "1.1 succeeded",
    ]);
    const paid = await jsonOf<Record<string, unknown>>(
      await get(
        replicas.first,
        `/payments/${subscription.latest_payment_id}`,
        by,
      ),
      200,
    );
    assert.equal(paid.purpose, "subscription");
    assert.equal(paid.amount, 1799);
    assert.deepEqual(await eventsOf(replicas.first, subscription.id), [
      "subscription.created",
    ]);
  });

  it("replays the response to the same key, and charges once", async () => {
    const charges = replicas.processor.charges.size;
    const key = randomUUID();
    const first = await (await subscribe(standard(), key)).text();
    const again = await subscribe(standard(), key, replicas.second);
    assert.equal(again.status, 201);
    assert.equal(again.headers.get("idempotency-replayed"), "true");
    assert.equal(await again.text(), first);
    assert.equal(replicas.processor.charges.size, charges + 1);
  });

  it("returns 409 for a second subscription, and names the existing one", async () => {
    const { id } = await jsonOf<ShownSubscription>(
      await subscribe(standard()),
      201,
    );
    const { detail } = await problemOf(
      await subscribe(standard({ plan: "basic" })),
      409,
    );
    assert.match(detail, /You have a subscription to standard/);
    assert.match(detail, new RegExp(`POST /subscriptions/${id}/cancel`));
  });

  it("creates one subscription and one charge for twenty concurrent requests with different keys", async () => {
    const charges = replicas.processor.charges.size;
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        subscribe(
          standard(),
          undefined,
          i % 2 ? replicas.first : replicas.second,
        ),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [201, ...Array(19).fill(409)]);
    assert.equal(replicas.processor.charges.size, charges + 1);
    assert.equal((await mine()).length, 1);
  });

  it("creates one subscription and one charge for twenty concurrent requests with the same key", async () => {
    const charges = replicas.processor.charges.size;
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        subscribe(standard(), key, i % 2 ? replicas.first : replicas.second),
      ),
    );
    for (const { status } of answers) assert.ok([201, 409].includes(status));
    assert.equal((await subscribe(standard(), key)).status, 201);
    assert.equal(replicas.processor.charges.size, charges + 1);
    assert.equal((await mine()).length, 1);
  });

  it("returns 402 with the reason when the card is declined, and allows another try at once", async () => {
    const declined = await jsonOf<{ code: string; detail: string }>(
      await subscribe(standard({ method: "pm_declined" })),
      402,
    );
    assert.equal(declined.code, "insufficient_funds");
    const [one] = await mine();
    assert.equal(one?.status, "expired");
    assert.deepEqual(
      await eventsOf(replicas.first, one?.id as string),
      [],
      "expected no events for a subscription that never started",
    );
    assert.equal((await subscribe(standard())).status, 201);
  });

  it("returns 404 for another user's subscription, and leaves it unchanged", async () => {
    const { subscription } = await subscribed(replicas.first);
    for (const [path, body] of [
      ["cancel", {}],
      ["resume", undefined],
      ["method", { method: "pm_ok" }],
    ] as const)
      await problemOf(
        await post(
          replicas.first,
          `/subscriptions/${subscription.id}/${path}`,
          body,
          by,
        ),
        404,
      );
    await problemOf(
      await get(replicas.first, `/subscriptions/${subscription.id}`, by),
      404,
    );
    assert.deepEqual(await mine(), []);
    assert.deepEqual(
      await shown(replicas.first, subscription.id),
      subscription,
    );
  });
});
