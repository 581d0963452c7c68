import assert from "node:assert/strict";
import { browse, pageOf } from "../../support/auth/browser.ts";
import { useAuth } from "../../support/auth/service.ts";

describe("Auth pages", () => {
  const auth = useAuth();
  const page = async (path: string) =>
    pageOf(await auth.first.app.request(path), 200);

  it("shows the sign-in form first, with a link to sign-up", async () => {
    const { heading, html, alert, notice } = await page("/");
    assert.equal(heading, "Sign in");
    assert.equal(alert, undefined);
    assert.equal(notice, undefined);
    assert.match(html, /<form method="post" action="\/sign-in">/);
    assert.match(html, /<a [^>]*href="\/sign-up">Create an account<\/a>/);
  });

  it("shows the sign-up form, with a link to sign-in", async () => {
    const { heading, html } = await page("/sign-up");
    assert.equal(heading, "Create your account");
    assert.match(html, /<form method="post" action="\/sign-up">/);
    assert.match(html, /<a [^>]*href="\/sign-in">Sign in<\/a>/);
  });

  for (const [path, name, label, type, autocomplete] of [
    ["/", "email", "Email address", "text", "username"],
    ["/", "password", "Password", "password", "current-password"],
    ["/sign-up", "email", "Email address", "text", "username"],
    ["/sign-up", "password", "Password", "password", "new-password"],
  ] as const)
    it(`labels the ${name} field of ${path} for people and password managers`, async () => {
      const { html, input } = await page(path);
      assert.ok(html.includes(`<label for="${name}">${label}</label>`));
      const tag = input(name);
      assert.ok(tag.includes(`name="${name}" type="${type}"`), tag);
      assert.ok(tag.includes(`autocomplete="${autocomplete}"`), tag);
      assert.match(tag, / required/);
    });

  it("explains the password rules next to the field", async () => {
    const { html, input } = await page("/sign-up");
    assert.match(input("password"), /aria-describedby="password-hint"/);
    assert.match(html, /id="password-hint">8 characters or more\./);
  });

  describe("every page", () => {
    const paths = ["/", "/sign-up", "/account"];

    /** The page at a path, or for /account the first page of a signed-in user. */
    async function answer(path: string): Promise<Response> {
      const browser = browse(auth.first);
      if (path !== "/account") return browser.request(path);
      await browser.signUp();
      return browser.request("/");
    }

    for (const path of paths) {
      it(`uses no scripts and no resources of other hosts at ${path}`, async () => {
        const { html } = await pageOf(await answer(path), 200);
        assert.doesNotMatch(html, /<script|\son\w+=|https?:|@import|url\(/i);
      });

      it(`sets its language and title at ${path}`, async () => {
        const { html, title } = await pageOf(await answer(path), 200);
        assert.match(html, /<html lang="en">/);
        assert.match(title ?? "", /^(?!Error)\w.* – Marquee$/);
      });

      it(`allows its own style in Content-Security-Policy at ${path}`, async () => {
        const response = await answer(path);
        const policy = response.headers.get("content-security-policy") ?? "";
        const { html } = await pageOf(response, 200);
        const nonce = /<style nonce="(.+?)">/.exec(html)?.[1];
        assert.ok(nonce);
        assert.ok(policy.includes(`style-src 'self' 'nonce-${nonce}'`), policy);
        assert.doesNotMatch(html, /\sstyle=/);
      });

      it(`lets forms send their origin at ${path}`, async () => {
        const { html } = await pageOf(await answer(path), 200);
        assert.match(html, /<meta name="referrer" content="same-origin">/);
      });

      it(`uses each element id once at ${path}`, async () => {
        const { html } = await pageOf(await answer(path), 200);
        const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
        assert.deepEqual(ids, [...new Set(ids)]);
        for (const [, id] of html.matchAll(/ for="([^"]*)"/g))
          assert.ok(ids.includes(id), id);
      });
    }
  });

  it("returns GET's headers without a body for HEAD", async () => {
    for (const path of ["/", "/sign-up", "/icon.svg"]) {
      const init = { method: "HEAD" };
      const response = await auth.first.app.request(path, init);
      assert.equal(response.status, 200);
      assert.ok(response.headers.get("content-type"));
      assert.equal(await response.text(), "");
    }
  });

  it("links to an SVG icon", async () => {
    const { html } = await page("/");
    const path = /<link rel="icon" href="([^"]*)"/.exec(html)?.[1] ?? "";
    const response = await auth.first.app.request(path);
    assert.equal(response.headers.get("content-type"), "image/svg+xml");
    assert.match(await response.text(), /^<svg /);
  });

  for (const [path, page] of [
    ["/sign-out", "/"],
    ["/change-password", "/account"],
    ["/delete-account", "/account"],
    ["/account", "/sign-in"],
  ] as const)
    it(`redirects GET ${path} to ${page}`, async () => {
      const response = await auth.first.app.request(path);
      assert.equal(response.status, 302);
      assert.equal(response.headers.get("location"), page);
    });

  it("serves sign-in and the account at their own paths, for a site with another first page", async () => {
    const browser = browse(auth.first);
    const signIn = await pageOf(await browser.request("/sign-in"), 200);
    assert.equal(signIn.heading, "Sign in");
    await browser.signUp();
    const account = await pageOf(await browser.request("/account"), 200);
    assert.equal(account.heading, "Your account");
    for (const path of ["/sign-in", "/sign-up"]) {
      const response = await browser.request(path);
      assert.equal(response.headers.get("location"), "/");
    }
  });

  it("changes nothing on GET", async () => {
    const browser = browse(auth.first);
    await browser.signUp();
    const session = browser.cookies.get("marquee-session");
    for (const path of ["/sign-out", "/delete-account", "/sign-up", "/sign-in"])
      await browser.request(path);
    assert.equal(browser.cookies.get("marquee-session"), session);
    assert.equal(await browser.signedInAs(), "ada@example.com");
  });
});
