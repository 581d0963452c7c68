import assert from "node:assert/strict";
import { shown } from "../../../../../services/payment/processors/sandbox/page-contents.ts";
import { createSandbox } from "../../../../../services/payment/processors/sandbox/sandbox.ts";
import {
  charged,
  openAway,
  pay,
  referenceOf,
} from "../../../../support/payment/sandbox.ts";
import {
  asking,
  htmlOf,
  nextOf,
  usePages,
} from "../../../../support/payment/sandbox-pages.ts";

const nowhere = "/sandbox/authenticate/ch_00000000000000000000000000000000";

describe("The sandbox bank's page", () => {
  const { test, settled, begin, pages } = usePages();

  it("is not there for charges that are none, or that nobody is asked about", async () => {
    const { get, post } = await pages();
    const plain = `/sandbox/authenticate/${await charged(test)}`;
    for (const path of [nowhere, plain, "/sandbox/authenticate/%00"]) {
      await htmlOf(await get(path), 404);
      await htmlOf(await post(path, "approve"), 404);
    }
    assert.deepEqual(settled, []);
  });

  for (const answer of [undefined, "", "yes", "approve "])
    it(`does nothing with the answer ${JSON.stringify(answer)}`, async () => {
      const { post } = await pages();
      const { path, answer: answered } = await begin();
      const html = await htmlOf(await post(path, answer), 400);
      assert.match(html, /answer=approve or answer=refuse/);
      assert.equal(await answered(), undefined);
      assert.deepEqual(settled, []);
    });

  it("does nothing with what is no form", async () => {
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
    it(`does nothing for a page of another site: ${JSON.stringify(headers)}`, async () => {
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
    it(`takes an answer of its own form: ${JSON.stringify(headers)}`, async () => {
      const { post } = await pages();
      const { path, answer: answered } = await begin();
      const response = await post(path, "approve", headers);
      assert.equal(response.status, 303);
      assert.equal(await answered(), "approved");
    });

  it("asks with the amount and the card, and looking at it answers nothing", async () => {
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

  it("shows amounts as their currencies have them, exact however large", () => {
    for (const [amount, currency, text] of [
      [799n, "EUR", "EUR 7.99"],
      [5n, "EUR", "EUR 0.05"],
      [800n, "JPY", "JPY 800"],
      [1234n, "KWD", "KWD 1.234"],
      [9_007_199_254_740_993n, "USD", "USD 90,071,992,547,409.93"],
      [9_007_199_254_740_993n, "JPY", "JPY 9,007,199,254,740,993"],
    ] as const)
      assert.equal(shown(amount, currency).replace("\u00a0", " "), text);
  });

  it("takes the first answer alone, and goes on all the same", async () => {
    const { post } = await pages();
    const { path, answer: answered } = await begin("/account");
    await post(path, "refuse");
    const response = await post(path, "approve");
    assert.equal(response.headers.get("location"), "/account");
    assert.equal(await answered(), "refused");
  });

  it("says so of a payment that was given up", async () => {
    const { get, post } = await pages();
    const { path, reference, answer: answered } = await begin();
    await test.sandbox.cancel(reference, "a key");
    const html = await htmlOf(await get(path), 200);
    assert.match(html, /The payment was canceled/);
    assert.equal((await post(path, "approve")).status, 303);
    assert.equal(await answered(), "canceled");
  });

  it("asks to come again while the sandbox is away", async () => {
    const away = openAway();
    const { get, post } = await pages(createSandbox(away));
    for (const response of [
      await get(nowhere),
      await post(nowhere, "refuse"),
    ]) {
      assert.equal(response.headers.get("retry-after"), "2");
      assert.match(await htmlOf(response, 503), /try again in a few seconds/);
    }
    await away.close();
  });

  it("says nothing of our mistakes but where to find them", async () => {
    const broken = () => Promise.reject(new Error("a secret"));
    const { get } = await pages({ findAction: broken, authenticate: broken });
    const response = await get(nowhere);
    const html = await htmlOf(response, 500);
    assert.ok(html.includes(response.headers.get("x-request-id") ?? "no id"));
    assert.doesNotMatch(html, /a secret/);
  });

  it("can be reached by its link alone: references are not to be guessed", async () => {
    const references = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { outcome } = await pay(test, asking);
      references.add(referenceOf(outcome));
      assert.match(referenceOf(outcome), /^ch_[0-9a-f]{32}$/);
    }
    assert.equal(references.size, 20);
  });
});
