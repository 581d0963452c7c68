import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import {
  assertUnavailable,
  newViewer,
  soon,
  useEntitlements,
  yes,
} from "../../../support/streaming/entitlements.ts";
import { answer } from "../../../support/streaming/upstream.ts";

describe("Entitlements while payment is unavailable", () => {
  const test = useEntitlements();
  const { payment, requestCount, entitledViewer } = test;
  /** Another replica, whose attempts time out soon: some answers never come. */
  const replica = () => test.replica({ timeoutMs: 250 });

  const broken: Record<string, (response: ServerResponse) => unknown> = {
    "answers 500": (response) => answer(response, 500, {}),
    "answers 503": (response) => answer(response, 503, {}),
    "answers 429": (response) => answer(response, 429, {}),
    "answers 404": (response) => answer(response, 404, {}),
    "redirects elsewhere": (response) =>
      response.writeHead(302, { location: "/entitlements/else" }).end(),
    "answers with HTML": (response) => response.end("<html>"),
    "answers with broken JSON": (response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"entitled":'),
    "answers with an invalid entitlement": (response) =>
      answer(response, 200, { entitled: "yes", status: "active" }),
    "answers with an invalid end date": (response) =>
      answer(response, 200, {
        entitled: true,
        status: "active",
        until: "later",
      }),
    "drops its connections": (response) => response.destroy(),
    "drops its connections during the answer": (response) => {
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": "500",
      });
      response.write('{"entitled":true,');
      setImmediate(() => response.destroy());
    },
    "never answers": () => {},
    "never ends its answer": (response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"entitled":true');
    },
  };
  for (const [what, handler] of Object.entries(broken)) {
    it(`fails for a new viewer while payment ${what}`, async () => {
      payment.handler = (_, response) => handler(response);
      await assertUnavailable(replica().check(newViewer()));
    });

    it(`returns the last known entitlement while payment ${what}`, async () => {
      const until = soon();
      const viewer = await entitledViewer({ until });
      payment.handler = (_, response) => handler(response);
      assert.deepEqual(await replica().check(viewer), {
        entitled: true,
        status: "active",
        plan: "standard",
        until,
        source: "remembered",
      });
    });
  }

  it("returns the last known entitlement while payment is unreachable, and fails for a new viewer", async () => {
    const viewer = await entitledViewer();
    await payment.down();
    const entitlements = replica();
    assert.equal((await entitlements.check(viewer)).source, "remembered");
    await assertUnavailable(entitlements.check(newViewer()));
  });

  it("retries until the third attempt succeeds", async () => {
    payment.handler = (_, response) =>
      requestCount() < 3 ? response.destroy() : yes(response);
    assert.equal((await test.replica().check(newViewer())).source, "payment");
    assert.equal(requestCount(), 3);
  });

  it("gives up after three attempts that fail", async () => {
    payment.handler = (_, response) => response.destroy();
    await assertUnavailable(replica().check(newViewer()));
    assert.equal(requestCount(), 3);
  });

  it("gives up after three attempts that time out", async () => {
    payment.handler = () => {};
    await assertUnavailable(replica().check(newViewer()));
    assert.equal(requestCount(), 3);
  });
});
