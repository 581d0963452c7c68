import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { checkDocument, documentOf } from "../../../support/openapi.ts";
import {
  header,
  isSignedBy,
  useOutbox,
  useReceivers,
} from "../../../support/payment/outbox.ts";
import {
  type Json,
  operatorKey,
  unknownId,
  useWebhookApi,
} from "../../../support/payment/webhook-api.ts";
import { problemOf } from "../../../support/problem.ts";
import { until } from "../../../support/until.ts";

describe("Webhook endpoints API", () => {
  const test = useOutbox();
  const receive = useReceivers();
  const { service, send, json, get, add } = useWebhookApi(test);

  it("has a valid OpenAPI 3.1 document that requires the operators' key for every route", async () => {
    const document = await documentOf(service.app);
    checkDocument(document);
    for (const methods of Object.values(document.paths))
      for (const [method, { security, responses }] of Object.entries(methods)) {
        assert.deepEqual(security, [{ operator: [] }]);
        assert.ok(responses[401]);
        if (method === "post") assert.ok(responses[409]);
      }
  });

  it("returns 401 without the operators' key", async () => {
    const { paths } = await documentOf(service.app);
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods))
        for (const authorization of ["", "Bearer x", `Basic ${operatorKey}`])
          await problemOf(
            await send(
              method.toUpperCase(),
              path.replace("{id}", unknownId),
              undefined,
              { authorization },
            ),
            401,
          );
  });

  it("rejects an invalid endpoint with a pointer and a reason", async () => {
    for (const [body, pointer, detail] of [
      [{}, "/url", /is missing/],
      [{ url: 7 }, "/url", /string/],
      [{ url: "hooks" }, "/url", /is not a URL/],
      [{ url: "ftp://a/" }, "/url", /has to start with https/],
      [{ url: "https://u:p@a.example/" }, "/url", /has credentials/],
      [{ url: "http://169.254.169.254/" }, "/url", /metadata/],
      [{ url: "http://a/", types: "all" }, "/types", /array/],
      [{ url: "http://a/", types: ["payment.made"] }, "/types/0", /payment\./],
      [
        { url: "http://a/", types: ["refund.failed", "refund.failed"] },
        "/types",
        /more than once/,
      ],
      [{ url: "http://a/", secret: "mine" }, "/secret", /not|unknown/i],
    ] as [object, string, RegExp][]) {
      const response = await send("POST", "/webhook-endpoints", body);
      const { errors } = await problemOf(response, 422);
      assert.equal(errors?.[0]?.pointer, pointer, JSON.stringify(errors));
      assert.match(errors?.[0]?.detail ?? "", detail);
    }
    assert.deepEqual(await get("/webhook-endpoints"), { data: [] });
  });

  it("rejects a POST without an Idempotency-Key", async () => {
    for (const path of [
      "/webhook-endpoints",
      `/webhook-endpoints/${unknownId}/rotate`,
      `/webhook-endpoints/${unknownId}/test`,
      "/webhook-deliveries/1/redeliver",
    ])
      await problemOf(
        await send(
          "POST",
          path,
          { url: "http://a/" },
          { "idempotency-key": "" },
        ),
        400,
      );
  });

  it("returns 404 for unknown endpoints, events and deliveries", async () => {
    for (const [method, path, body] of [
      ["GET", `/webhook-endpoints/${unknownId}`],
      ["GET", "/webhook-endpoints/x"],
      ["PATCH", `/webhook-endpoints/${unknownId}`, { enabled: false }],
      ["DELETE", `/webhook-endpoints/${unknownId}`],
      ["POST", `/webhook-endpoints/${unknownId}/rotate`, {}],
      ["POST", `/webhook-endpoints/${unknownId}/test`],
      ["GET", `/events/${unknownId}`],
      ["POST", "/webhook-deliveries/1/redeliver"],
      ["POST", "/webhook-deliveries/0/redeliver"],
      ["POST", "/webhook-deliveries/-1/redeliver"],
      ["POST", `/webhook-deliveries/${"9".repeat(40)}/redeliver`],
    ] as [string, string, object?][])
      await problemOf(await send(method, path, body), 404);
  });

  it("shows a secret only when its endpoint is created", async () => {
    const { secret, ...endpoint } = await add("http://a.example/hooks", [
      "refund.failed",
    ]);
    assert.match(secret, /^whsec_/);
    assert.deepEqual(Object.keys(endpoint).sort(), [
      "created_at",
      "enabled",
      "id",
      "types",
      "url",
    ]);
    assert.equal(endpoint.enabled, true);
    assert.deepEqual(endpoint.types, ["refund.failed"]);
    assert.deepEqual(await get("/webhook-endpoints"), { data: [endpoint] });
    const path = `/webhook-endpoints/${endpoint.id}`;
    assert.deepEqual(await get(path), endpoint);
    const changed = await json(send("PATCH", path, { types: [] }));
    assert.deepEqual(changed, { ...endpoint, types: [] });
  });

  it("replays a response with its secret, which the database does not store in plain text", async () => {
    const key = { "idempotency-key": randomUUID() };
    const body = { url: "http://a.example/" };
    const first = await json(
      send("POST", "/webhook-endpoints", body, key),
      201,
    );
    const again = send("POST", "/webhook-endpoints", body, key);
    assert.deepEqual(await json(again, 201), first);
    assert.equal((await again).headers.get("idempotency-replayed"), "true");
    assert.equal((await get("/webhook-endpoints")).data.length, 1);
    const [row] = await test.first.query<{ text: string }>(
      "SELECT string_agg(k::text, '') AS text FROM idempotency_keys k",
    );
    assert.ok(row?.text.includes(first.id));
    assert.ok(!row?.text.includes("whsec"));
    assert.ok(!row?.text.includes(first.secret.slice(6)));
    const rotate = `/webhook-endpoints/${first.id}/rotate`;
    const rotated = await json(send("POST", rotate, {}, key), 422);
    assert.match(rotated.detail, /used for another request/);
  });

  it("rotates a secret, with an overlap of a day or the requested one", async () => {
    const receiver = await receive();
    const { id, secret } = await add(receiver.url);
    const rotate = (body: object) =>
      json(send("POST", `/webhook-endpoints/${id}/rotate`, body));
    const second = await rotate({});
    const hours =
      (Date.parse(second.old_secret_until) - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours < 24.1, `${hours}`);
    await send("POST", `/webhook-endpoints/${id}/test`);
    await receiver.until(1);
    const [request] = receiver.received;
    assert.ok(request);
    assert.ok(
      isSignedBy(request, secret) && isSignedBy(request, second.secret),
    );
    const third = await rotate({ overlap: 0 });
    assert.equal(third.old_secret_until, undefined);
    for (const overlap of [-1, 0.5, 8 * 24 * 3600, "day"])
      await problemOf(
        await send("POST", `/webhook-endpoints/${id}/rotate`, { overlap }),
        422,
      );
  });

  it("sends a test event, and shows its delivery", async () => {
    const receiver = await receive();
    const { id, secret } = await add(receiver.url, ["refund.failed"]);
    const sent = await json(send("POST", `/webhook-endpoints/${id}/test`), 202);
    await receiver.until(1);
    const [request] = receiver.received;
    assert.ok(request && isSignedBy(request, secret));
    assert.equal(header(request, "webhook-id"), sent.event_id);
    const { type, data } = JSON.parse(request.body);
    assert.equal(type, "webhook.test");
    assert.deepEqual(data, { endpoint_id: id });
    let event: Json;
    await until(async () => {
      event = await get(`/events/${sent.event_id}`);
      return event.deliveries[0].state === "delivered";
    });
    const [delivery] = event.deliveries;
    assert.equal(delivery.id, sent.delivery_id);
    assert.equal(delivery.last_status, 204);
    assert.equal(delivery.next_attempt_at, undefined);
  });

  it("rejects test events for a disabled endpoint, and sends them once it is enabled", async () => {
    const receiver = await receive();
    const { id } = await add(receiver.url);
    const path = `/webhook-endpoints/${id}`;
    const off = await json(send("PATCH", path, { enabled: false }));
    assert.equal(off.enabled, false);
    assert.equal(off.disabled_because, "request");
    const { detail } = await problemOf(await send("POST", `${path}/test`), 409);
    assert.match(detail, /Enable it first/);
    const on = await json(send("PATCH", path, { enabled: true }));
    assert.equal(on.disabled_because, undefined);
    await json(send("POST", `${path}/test`), 202);
    await receiver.until(1);
    assert.equal((await send("DELETE", path)).status, 204);
    await problemOf(await send("DELETE", path), 404);
  });
});
