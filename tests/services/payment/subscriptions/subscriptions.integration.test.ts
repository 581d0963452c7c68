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

describe("payment: subscribing", () => {
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

  it("is documented", async () => {
    checkDocument(await documentOf(replicas.first.service.app));
  });

  describe("POST /subscriptions refuses", () => {
    const bad: [what: string, body: Record<string, unknown>, where: string][] =
      [
        ["no plan", { plan: undefined }, "/plan"],
        ["a plan that nobody sells", { plan: "gold" }, "/plan"],
        ["no method", { method: undefined }, "/method"],
        ["a token that nobody knows", { method: "pm_other" }, "/method"],
        ["an amount of one's own", { amount: 1 }, "/amount"],
        [
          "a script to come back to",
          { return_url: "javascript:alert(1)" },
          "/return_url",
        ],
      ];
    for (const [what, body, where] of bad)
      it(`${what}, and keeps nothing of it`, async () => {
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

    it("a plan that nobody sells, and says which ones there are", async () => {
      const { detail } = await problemOf(
        await subscribe(standard({ plan: "gold" })),
        422,
      );
      assert.match(detail, /"basic".*"standard".*"premium"/);
    });

    it("who sends no access token", async () => {
      const response = await replicas.first.app.request("/subscriptions", {
        method: "POST",
        headers: { ...json, "idempotency-key": randomUUID() },
        body: JSON.stringify(standard()),
      });
      await problemOf(response, 401);
    });

    it("a request without an Idempotency-Key", async () => {
      const response = await replicas.first.app.request("/subscriptions", {
        method: "POST",
        headers: { ...json, authorization: `Bearer ${by}` },
        body: JSON.stringify(standard()),
      });
      await problemOf(response, 400);
    });
  });

  it("charges the first period and begins it", async () => {
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

  it("answers as before what comes again with the same key, and charges once", async () => {
    const charges = replicas.processor.charges.size;
    const key = randomUUID();
    const first = await (await subscribe(standard(), key)).text();
    const again = await subscribe(standard(), key, replicas.second);
    assert.equal(again.status, 201);
    assert.equal(again.headers.get("idempotency-replayed"), "true");
    assert.equal(await again.text(), first);
    assert.equal(replicas.processor.charges.size, charges + 1);
  });

  it("lets nobody have two, and says which one there is", async () => {
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

  it("leaves one subscription and one charge where twenty requests come at once, each with its own key", async () => {
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

  it("leaves one subscription and one charge where twenty requests come at once with the same key", async () => {
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

  it("tells why a card was declined, and lets one try with another at once", async () => {
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
      "there never was one",
    );
    assert.equal((await subscribe(standard())).status, 201);
  });

  it("shows nobody somebody else's", async () => {
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
