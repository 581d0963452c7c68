import assert from "node:assert/strict";
import { formatAmount } from "../../../../../services/payment/processors/sandbox/page-contents.ts";
import { createSandbox } from "../../../../../services/payment/processors/sandbox/sandbox.ts";
import {
  charged,
  openUnavailable,
  pay,
  referenceOf,
} from "../../../../support/payment/sandbox.ts";
import {
  asking,
  htmlOf,
  nextOf,
  usePages,
} from "../../../../support/payment/sandbox-pages.ts";

const unknownPath = "/sandbox/authenticate/ch_00000000000000000000000000000000";

describe("Sandbox: bank page", () => {
  const { test, settled, begin, pages } = usePages();

  it("returns 404 for unknown charges and for charges without an action", async () => {
    const { get, post } = await pages();
    const plain = `/sandbox/authenticate/${await charged(test)}`;
    for (const path of [unknownPath, plain, "/sandbox/authenticate/%00"]) {
      await htmlOf(await get(path), 404);
      await htmlOf(await post(path, "approve"), 404);
    }
    assert.deepEqual(settled, []);
  });

  for (const answer of [undefined, "", "yes", "approve "])
    it(`rejects the answer ${JSON.stringify(answer)}`, async () => {
      const { post } = await pages();
      const { path, answer: answered } = await begin();
      const html = await htmlOf(await post(path, answer), 400);
      assert.match(html, /answer=approve or answer=refuse/);
      assert.equal(await answered(), undefined);
      assert.deepEqual(settled, []);
    });

  it("rejects a body that is not a valid form", async () => {
    const { post } = await pages();
    const { path, answer: answered } = await begin();
    for (const type of ["application/json", "text/plain"])
      await htmlOf(await post(path, "approve", { "content-type": type }), 415);
    const broken = { "content-type": "multipart/form-data; boundary=x" };
    await htmlOf(await post(path, "approve", broken), 400);
    assert.equal(await answered(), undefined);
  });

  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://localhost" },
    { origin: "http://evil.example" },
    { origin: "null" },
  ] as Record<string, string>[])
    it(`rejects a form from another site: ${JSON.stringify(headers)}`, async () => {
      const { post } = await pages();
      const { path, answer: answered } = await begin();
      const html = await htmlOf(await post(path, "approve", headers), 403);
      assert.match(html, /another site, so nothing was done/);
      assert.equal(await answered(), undefined);
    });

  for (const headers of [
    {},
    { "sec-fetch-site": "same-origin" },
    { origin: "http://localhost" },
    { origin: "https://localhost" },
  ] as Record<string, string>[])
    it(`accepts its own form: ${JSON.stringify(headers)}`, async () => {
      const { post } = await pages();
      const { path, answer: answered } = await begin();
      const response = await post(path, "approve", headers);
      assert.equal(response.status, 303);
      assert.equal(await answered(), "approved");
    });

  it("shows the amount and the card, and a GET answers nothing", async () => {
    const { get } = await pages();
    const { path, answer: answered } = await begin();
    const html = await htmlOf(await get(path), 200);
    assert.match(html, /<title>Approve EUR\u00a07\.99 – Sandbox bank/);
    assert.match(html, /Visa ending in 3220/);
    assert.match(html, /<form method="post">/);
    for (const answer of ["approve", "refuse"])
      assert.match(
        html,
        new RegExp(`type="submit" name="answer" value="${answer}"`),
      );
    assert.equal(nextOf(html), undefined);
    assert.equal(await answered(), undefined);
  });

  it("shows exact amounts with the currency's decimals", () => {
    for (const [amount, currency, text] of [
      [799n, "EUR", "EUR 7.99"],
      [5n, "EUR", "EUR 0.05"],
      [800n, "JPY", "JPY 800"],
      [1234n, "KWD", "KWD 1.234"],
      [9_007_199_254_740_993n, "USD", "USD 90,071,992,547,409.93"],
      [9_007_199_254_740_993n, "JPY", "JPY 9,007,199,254,740,993"],
    ] as const)
      assert.equal(formatAmount(amount, currency).replace("\u00a0", " "), text);
  });

  it("keeps the first answer, and redirects after a second one", async () => {
    const { post } = await pages();
    const { path, answer: answered } = await begin("/account");
    await post(path, "refuse");
    const response = await post(path, "approve");
    assert.equal(response.headers.get("location"), "/account");
    assert.equal(await answered(), "refused");
  });

  it("shows that a payment was canceled, and ignores a later approval", async () => {
    const { get, post } = await pages();
    const { path, reference, answer: answered } = await begin();
    await test.sandbox.cancel(reference, "a key");
    const html = await htmlOf(await get(path), 200);
    assert.match(html, /The payment was canceled/);
    assert.equal((await post(path, "approve")).status, 303);
    assert.equal(await answered(), "canceled");
  });

  it("returns 503 with Retry-After while the sandbox is unavailable", async () => {
    const unavailable = openUnavailable();
    const { get, post } = await pages(createSandbox(unavailable));
    for (const response of [
      await get(unknownPath),
      await post(unknownPath, "refuse"),
    ]) {
      assert.equal(response.headers.get("retry-after"), "2");
      assert.match(await htmlOf(response, 503), /try again in a few seconds/);
    }
    await unavailable.close();
  });

  it("shows the request id but no details of an internal error", async () => {
    const broken = () => Promise.reject(new Error("a secret"));
    const { get } = await pages({ findAction: broken, authenticate: broken });
    const response = await get(unknownPath);
    const html = await htmlOf(response, 500);
    assert.ok(html.includes(response.headers.get("x-request-id") ?? "no id"));
    assert.doesNotMatch(html, /a secret/);
  });

  it("uses random references, so that its links can't be guessed", async () => {
    const references = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { outcome } = await pay(test, asking);
      references.add(referenceOf(outcome));
      assert.match(referenceOf(outcome), /^ch_[0-9a-f]{32}$/);
    }
    assert.equal(references.size, 20);
  });
});
