import assert from "node:assert/strict";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { useAuth } from "../../../support/auth/service.ts";
import { browserAccept, errorPageOf } from "../../../support/page.ts";
import { problemOf } from "../../../support/problem.ts";

const inSite = { "x-marquee-site": "1" };

describe("Auth pages: site", () => {
  const auth = useAuth();

  /** Every page, at auth's own address or, with `inSite`, as streaming requests it. */
  async function pages(headers: Record<string, string> = {}) {
    const visitor = browse(auth.first);
    const member = browse(auth.first);
    await member.signUp();
    const page = async (browser: typeof visitor, path: string, status = 200) =>
      pageOf(await browser.request(path, { headers }), status);
    const fields = { email: "nobody", password: "short" };
    return {
      "/": await page(visitor, "/"),
      "/sign-in": await page(visitor, "/sign-in"),
      "/sign-up": await page(visitor, "/sign-up"),
      "/sign-in, refused": await pageOf(
        await visitor.post("/sign-in", fields, headers),
        401,
      ),
      "/account": await page(member, "/account"),
    };
  }

  const hrefs = (html: string) =>
    [...html.matchAll(/<a [^>]*?href="([^"#]+)"/g)].map(([, href]) => href);

  for (const headers of [{}, inSite])
    it(`describes every page to search engines with the headers ${JSON.stringify(headers)}`, async () => {
      for (const [path, { html }] of Object.entries(await pages(headers))) {
        const [, text = ""] =
          /<meta name="description" content="([^"]*)">/.exec(html) ?? [];
        assert.ok(text.length >= 50 && text.length <= 160, `${path}: ${text}`);
      }
    });

  describe("at auth's own address", () => {
    it("renders pages without the site's frame, in their own style", async () => {
      for (const { html } of Object.values(await pages())) {
        assert.doesNotMatch(html, /<header|<footer|<nav|\/assets\//);
        assert.match(html, /<style nonce="/);
      }
    });

    it("renders no dead links", async () => {
      const found = Object.values(await pages()).flatMap(({ html }) =>
        hrefs(html),
      );
      for (const href of new Set(found)) {
        const { status } = await auth.first.app.request(href as string);
        assert.ok(status < 400, `${href}: ${status}`);
      }
    });

    it("renders one sign-out form", async () => {
      const { html } = (await pages())["/account"];
      assert.equal(html.match(/action="\/sign-out"/g)?.length, 1);
    });
  });

  describe("at streaming's address", () => {
    it("renders the site's header, footer and style in place of its own", async () => {
      for (const [path, { html }] of Object.entries(await pages(inSite))) {
        assert.match(html, /<header class="top">/, path);
        assert.match(html, /<footer class="end">/, path);
        assert.match(html, /<a href="\/"[^>]*>.*<span>Home<\/span><\/a>/, path);
        assert.match(html, /href="\/assets\/style\.css"/, path);
        assert.match(html, /href="\/assets\/icon\.svg"/, path);
        assert.doesNotMatch(html, /<style/, path);
        assert.equal(html.match(/MARQUEE</g)?.length, 2, path);
      }
    });

    it("links visitors to the plans, and members to membership and account", async () => {
      const all = await pages(inSite);
      const visitor = hrefs(all["/sign-in"].html);
      assert.ok(visitor.includes("/plans"));
      assert.ok(!visitor.includes("/membership"));
      const { html } = all["/account"];
      assert.ok(hrefs(html).includes("/membership"));
      assert.ok(!hrefs(html).includes("/sign-in"));
      assert.match(html, /<a href="\/account" aria-current="page">/);
      assert.equal(html.match(/action="\/sign-out"/g)?.length, 1);
    });

    it("links from sign-up to /sign-in, because the first page is streaming's", async () => {
      const { html } = (await pages(inSite))["/sign-up"];
      assert.match(html, /href="\/sign-in">Sign in<\/a>\s*<\/div>/);
    });

    it("lets keyboard users skip the header", async () => {
      for (const { html } of Object.values(await pages(inSite))) {
        assert.match(html, /<body[^>]*>\s*<a class="skip" href="#main">/);
        assert.match(html, /<main id="main" tabindex="-1">/);
        assert.equal(html.match(/<main/g)?.length, 1);
        assert.equal(html.match(/<h1/g)?.length, 1);
      }
    });
  });

  it("sets no cookie and prints no header value for a client that claims to be streaming", async () => {
    for (const value of ["1", "", `"><script>alert(1)</script>`]) {
      const headers = { "x-marquee-site": value };
      const browser = browse(auth.first);
      const response = await browser.request("/", { headers });
      assert.deepEqual(response.headers.getSetCookie(), []);
      const { html } = await pageOf(response, 200);
      assert.doesNotMatch(html, /alert\(1\)|https?:/);
    }
  });

  describe("error pages", () => {
    // Not `auth.first.app`: the OpenAPI document does not describe these pages.
    const open = async (path: string, headers: Record<string, string> = {}) =>
      auth.first.service.app.request(path, {
        headers: { accept: browserAccept, ...headers },
      });

    it("links to the first page at auth's own address", async () => {
      const { links, html } = await errorPageOf(await open("/nope"), 404);
      assert.deepEqual(links, { MARQUEE: "/", "Go to the home page": "/" });
      assert.doesNotMatch(html, /<header|\/assets\//);
    });

    it("links to sign-in after a 401", async () => {
      const page = await errorPageOf(await open("/me"), 401);
      assert.equal(page.heading, "You don’t have access");
      assert.equal(page.links["Sign in"], "/sign-in");
    });

    it("renders the site's frame at streaming's address", async () => {
      const { html, links } = await errorPageOf(await open("/me", inSite), 401);
      assert.match(html, /<header class="top">/);
      assert.match(html, /href="\/plans"/);
      assert.equal(links["Sign in"], "/sign-in");
      const cookie = "marquee-session=x";
      const member = await open("/me", { ...inSite, cookie });
      assert.match(
        (await errorPageOf(member, 401)).html,
        /href="\/membership"/,
      );
    });

    it("returns problems to programs, even at the paths of pages", async () => {
      const request = (path: string, init?: RequestInit) =>
        auth.first.app.request(path, init);
      await problemOf(await request("/me"), 401);
      const body = new FormData();
      const headers = { origin: "https://evil.example" };
      const init = { method: "POST", body, headers };
      const { detail } = await problemOf(await request("/sign-in", init), 403);
      assert.match(detail, /page of another site/);
    });
  });
});
