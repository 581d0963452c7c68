import assert from "node:assert/strict";
import {
  htmlOf,
  leadsTo,
  nextOf,
  usePages,
} from "../../../../support/payment/sandbox-pages.ts";

describe("Sandbox: return from the bank page", () => {
  const { test, settled, begin, pages } = usePages();

  for (const [answer, end] of [
    ["approve", "approved"],
    ["refuse", "refused"],
  ] as const)
    it(`redirects to the return URL once payment is notified of the answer "${answer}"`, async () => {
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

  it("redirects to a return URL on its own host, with http or https", async () => {
    const { post } = await pages();
    for (const url of ["http://localhost/a?b=c", "https://localhost/"]) {
      const { path } = await begin(url);
      const response = await post(path, "approve");
      assert.equal(response.headers.get("location"), url);
    }
  });

  it("continues to another host through a page, since browsers block such a redirect of a form", async () => {
    const { get, post } = await pages();
    const { path } = await begin("https://shop.example/paid?a=1&b=%22'\"");
    const response = await post(path, "approve");
    assert.equal(response.status, 303);
    assert.equal(leadsTo(response, path), path);
    const html = await htmlOf(await get(path), 200);
    assert.match(html, /You approved the payment/);
    // Also behind a path prefix that the service does not see.
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
    it(`ends on its own page for the return URL ${JSON.stringify(url)}`, async () => {
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

  it("stays on its own host for a path that looks like another host", async () => {
    const { post } = await pages();
    const { path } = await begin("/.//evil.example/");
    const location = (await post(path, "approve")).headers.get("location");
    assert.equal(location, "/evil.example/");
  });

  it("redirects even when the notification of payment fails", async () => {
    const { post } = await pages(
      test.sandbox,
      new Error("payment is unavailable"),
    );
    const { path, answer: answered } = await begin("/account");
    const response = await post(path, "approve");
    assert.equal(response.headers.get("location"), "/account");
    assert.equal(await answered(), "approved");
  });
});
