import assert from "node:assert/strict";
import {
  htmlOf,
  leadsTo,
  nextOf,
  usePages,
} from "../../../../support/payment/sandbox-pages.ts";

describe("Whoever has answered the sandbox bank", () => {
  const { test, settled, begin, pages } = usePages();

  for (const [answer, end] of [
    ["approve", "approved"],
    ["refuse", "refused"],
  ] as const)
    it(`goes back to where they came from, when payment knows it: ${answer}`, async () => {
      const { post } = await pages();
      const {
        path,
        reference,
        answer: answered,
      } = await begin("/account?paid#top");
      const response = await post(path, answer);
      assert.equal(response.status, 303);
      assert.equal(response.headers.get("location"), "/account?paid#top");
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(await answered(), end);
      assert.deepEqual(settled, [`${reference} ${end}`]);
    });

  it("goes back to a URL on its own host, however TLS ends", async () => {
    const { post } = await pages();
    for (const url of ["http://localhost/a?b=c", "https://localhost/"]) {
      const { path } = await begin(url);
      const response = await post(path, "approve");
      assert.equal(response.headers.get("location"), url);
    }
  });

  it("goes on to another host by a page, as a browser lets no form lead there", async () => {
    const { get, post } = await pages();
    const { path } = await begin("https://shop.example/paid?a=1&b=%22'\"");
    const response = await post(path, "approve");
    assert.equal(response.status, 303);
    assert.equal(leadsTo(response, path), path);
    const html = await htmlOf(await get(path), 200);
    assert.match(html, /You approved the payment/);
    // Also where the path has a prefix that we don't see.
    assert.equal(leadsTo(response, `/payment${path}`), `/payment${path}`);
    const next = "https://shop.example/paid?a=1&amp;b=%22%27%22";
    assert.equal(nextOf(html), next);
    assert.ok(html.includes(`href="${next}">Continue</a>`));
  });

  for (const url of [
    undefined,
    "javascript:alert(1)",
    "data:text/html,hello",
    "ftp://shop.example/",
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "https://",
    "shop.example",
    "",
  ])
    it(`ends at a page of its own with the return URL ${JSON.stringify(url)}`, async () => {
      const { get, post } = await pages();
      const { path, answer: answered } = await begin(url);
      const response = await post(path, "refuse");
      assert.equal(response.status, 303);
      assert.equal(leadsTo(response, path), path);
      assert.equal(await answered(), "refused");
      const html = await htmlOf(await get(path), 200);
      assert.match(html, /You refused the payment/);
      assert.match(html, /You can close this page/);
      assert.doesNotMatch(html, /href=|http-equiv/);
    });

  it("stays on its own host with a path that only looks like one", async () => {
    const { post } = await pages();
    const { path } = await begin("/.//evil.example/");
    const location = (await post(path, "approve")).headers.get("location");
    assert.equal(location, "/evil.example/");
  });

  it("goes on if payment can't be told: it asks by itself", async () => {
    const { post } = await pages(test.sandbox, new Error("payment is away"));
    const { path, answer: answered } = await begin("/account");
    const response = await post(path, "approve");
    assert.equal(response.headers.get("location"), "/account");
    assert.equal(await answered(), "approved");
  });
});
