import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { useStreaming } from "../../../support/streaming/service.ts";
import { newUser } from "../../../support/streaming/system.ts";

describe("Site frame", () => {
  const replicas = useStreaming();
  const open = () => browse({ app: replicas.first.service.app as never });

  /** Header, footer and stylesheet of a page, without the mark of the current page. */
  async function frameOf(
    browser: ReturnType<typeof open>,
    path: string,
    status = 200,
  ) {
    const { html } = await pageOf(await browser.request(path), status);
    const part = (tag: string) =>
      new RegExp(`<${tag} [\\s\\S]*?</${tag}>`)
        .exec(html)?.[0]
        .replace(/ aria-current="page"/g, "")
        .replace(/\s+/g, " ");
    const [header, footer] = [part("header"), part("footer")];
    assert.ok(header && footer, `${path} has no frame: ${html}`);
    const style = html.match(/<link rel="stylesheet"[^>]*>/g);
    return { header, footer, style };
  }

  async function sameFrame(
    browser: ReturnType<typeof open>,
    pages: [path: string, status: number][],
  ) {
    const expected = await frameOf(browser, "/");
    for (const [path, status] of pages)
      assert.deepEqual(await frameOf(browser, path, status), expected, path);
  }

  it("shows the same header and footer on every page for visitors, whichever service renders it", () =>
    sameFrame(open(), [
      ["/plans", 200],
      ["/titles/sunrise", 200],
      ["/sign-in", 200], // auth
      ["/sign-up", 200], // auth
      ["/watch/sunrise", 401],
      ["/nope", 404],
      ["/api/auth/me", 401], // auth
      ["/api/payment/payments", 401], // payment
    ]));

  it("shows the same header and footer on every page for a signed-in user", async () => {
    const browser = open();
    const { email, password } = await newUser(replicas.system);
    await browser.signIn({ email, password });
    await sameFrame(browser, [
      ["/plans", 200],
      ["/membership", 200],
      ["/account", 200], // auth
      ["/watch/sunrise", 403],
      ["/nope", 404],
      ["/api/auth/login", 405], // auth
      ["/api/payment/pay", 405], // payment
    ]);
  });

  it("marks the account page as the current one", async () => {
    const browser = open();
    await browser.signUp({
      email: `${randomUUID()}@example.com`,
      password: "correct horse battery staple",
    });
    const { html } = await pageOf(await browser.request("/account"), 200);
    assert.match(html, /<a href="\/account" aria-current="page">/);
    assert.equal(html.match(/aria-current/g)?.length, 1);
    assert.doesNotMatch(html, /<style/);
  });

  it("shows header and footer on a page with a rejected form", async () => {
    const response = await open().post("/sign-in", { email: "", password: "" });
    const { html } = await pageOf(response, 422);
    assert.match(html, /<header class="top">/);
    assert.match(html, /<footer class="end">/);
  });

  it("ignores a client's header that would remove it", async () => {
    const browser = open();
    const before = await browser.request("/sign-in");
    const headers = { "x-marquee-site": "", connection: "x-marquee-site" };
    const after = await browser.request("/sign-in", { headers });
    assert.equal(await after.text(), await before.text());
  });
});
