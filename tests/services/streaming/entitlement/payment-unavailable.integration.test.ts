import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { useStreaming } from "../../../support/streaming/service.ts";
import { answer } from "../../../support/streaming/upstream.ts";

const password = "correct horse battery staple";
const plan = {
  ...{ id: "basic", name: "Basic", amount: 799, currency: "USD" },
  interval: "P1M",
  includes: { resolution: "720p", screens: 1 },
};
const subscription = {
  ...{ id: randomUUID(), plan: "basic", amount: 799, currency: "USD" },
  ...{ interval: "P1M", cancel_at_period_end: false },
  method: { brand: "visa", last4: "4242" },
  created_at: "2026-11-01T00:00:00.000Z",
};
const payment = {
  ...{ id: randomUUID(), purpose: "subscription", amount: 799 },
  ...{ currency: "USD", refunded: 0, created_at: "2026-11-01T00:00:00.000Z" },
  method: { brand: "visa", last4: "4242" },
};

describe("Site while payment fails", () => {
  /** Stand-in for payment. */
  let handler: RequestListener = () => {};
  const server = createServer((request, response) =>
    handler(request, response),
  );
  let paymentUrl = "";
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    paymentUrl = `http://127.0.0.1:${port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  const replicas = useStreaming({
    get paymentUrl() {
      return paymentUrl;
    },
  });
  const signedIn = async () => {
    const browser = browse(replicas.first);
    await browser.signUp({ email: `${randomUUID()}@example.com`, password });
    return browser;
  };
  /** Answers like payment, with a subscription in state `status` and its latest payment in state `paid`. */
  const has =
    (status: string, paid: string): RequestListener =>
    ({ url = "" }, response) => {
      if (url === "/plans") return answer(response, 200, { data: [plan] });
      const data = url.startsWith("/payments")
        ? [{ ...payment, status: paid }]
        : [{ ...subscription, status }];
      answer(response, 200, { data, has_more: false });
    };

  it("shows the home page without prices, and without a retry, while payment hangs", async () => {
    let requestCount = 0;
    handler = () => requestCount++;
    const { html } = await pageOf(
      await browse(replicas.first).request("/"),
      200,
    );
    assert.equal(requestCount, 1, "the page waited for a retry");
    assert.doesNotMatch(html, /\$/);
    assert.match(html, /Metropolis/);
  });

  it("does not claim that nothing was charged when the outcome is unknown", async () => {
    const browser = await signedIn();
    handler = ({ method, url }, response) => {
      if (method === "POST") return response.destroy();
      has("canceled", "canceled")({ method, url } as never, response as never);
    };
    const response = await browser.post("/subscribe", {
      ...{ plan: "basic", key: randomUUID() },
      ...{ number: "4242424242424242", expiry: "12/34", cvc: "123" },
    });
    const page = await pageOf(response, 503);
    assert.match(page.heading ?? "", /don’t know yet/);
    assert.doesNotMatch(page.html, /Nothing was charged/);
    assert.match(page.html, /href="\/membership"/);
  });

  it("shows the last known plans", async () => {
    handler = has("active", "succeeded");
    await pageOf(await browse(replicas.second).request("/plans"), 200);
    handler = (_, response) => response.destroy();
    const { html } = await pageOf(
      await browse(replicas.second).request("/plans"),
      200,
    );
    assert.match(html, /\$7\.99/);
  });

  it("waits for a pending payment with another card, then redirects by its outcome", async () => {
    const browser = await signedIn();
    const path = "/membership/payment?for=card";
    handler = has("past_due", "processing");
    const { heading } = await pageOf(await browser.request(path), 202);
    assert.match(heading ?? "", /being processed/);
    const leadsTo = async (path: string) =>
      (await browser.request(path)).headers.get("location");
    handler = has("past_due", "declined");
    assert.equal(await leadsTo(path), "/membership?told=not-paid");
    handler = has("active", "succeeded");
    assert.equal(await leadsTo(path), "/membership?told=card-changed");
    assert.equal(
      await leadsTo("/membership/payment"),
      "/membership?told=subscribed",
    );
  });
});
