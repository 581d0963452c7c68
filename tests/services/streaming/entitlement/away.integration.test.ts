import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import {
  isAway,
  somebody,
  soon,
  useEntitlements,
  yes,
} from "../../../support/streaming/entitlements.ts";
import { answer } from "../../../support/streaming/upstream.ts";

describe("streaming: entitlements while payment is away", () => {
  const test = useEntitlements();
  const { payment, asked, watching } = test;
  /** Another replica, whose tries end soon: some answers never come. */
  const replica = () => test.replica({ timeout: 250 });

  const broken: Record<string, (response: ServerResponse) => unknown> = {
    "answers 500": (response) => answer(response, 500, {}),
    "answers 503": (response) => answer(response, 503, {}),
    "answers 429": (response) => answer(response, 429, {}),
    "answers 404": (response) => answer(response, 404, {}),
    "redirects elsewhere": (response) =>
      response.writeHead(302, { location: "/entitlements/else" }).end(),
    "answers with no JSON": (response) => response.end("<html>"),
    "answers with broken JSON": (response) =>
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"entitled":'),
    "answers with something else": (response) =>
      answer(response, 200, { entitled: "yes", status: "active" }),
    "says an end that is no time": (response) =>
      answer(response, 200, {
        entitled: true,
        status: "active",
        until: "later",
      }),
    "cuts its connections": (response) => response.destroy(),
    "cuts its answers": (response) => {
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
    it(`are not to be had while payment ${what}, of who is new`, async () => {
      payment.handler = (_, response) => handler(response);
      await isAway(replica().of(somebody()));
    });

    it(`are what it said last while payment ${what}, of who watches`, async () => {
      const until = soon();
      const viewer = await watching({ until });
      payment.handler = (_, response) => handler(response);
      assert.deepEqual(await replica().of(viewer), {
        entitled: true,
        status: "active",
        plan: "standard",
        until,
        source: "remembered",
      });
    });
  }

  it("are what it said last while payment can't be reached", async () => {
    const viewer = await watching();
    await payment.down();
    const entitlements = replica();
    assert.equal((await entitlements.of(viewer)).source, "remembered");
    await isAway(entitlements.of(somebody()));
  });

  it("come after another try where the first two fail", async () => {
    payment.handler = (_, response) =>
      asked() < 3 ? response.destroy() : yes(response);
    assert.equal((await test.replica().of(somebody())).source, "payment");
    assert.equal(asked(), 3);
  });

  it("are tried three times, and no more", async () => {
    payment.handler = (_, response) => response.destroy();
    await isAway(replica().of(somebody()));
    assert.equal(asked(), 3);
  });

  it("are not waited for any longer after three tries, however silent payment is", async () => {
    payment.handler = () => {};
    await isAway(replica().of(somebody()));
    assert.equal(asked(), 3);
  });
});
