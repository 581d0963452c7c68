import assert from "node:assert/strict";
import { pageOf } from "../../../support/auth/browser.ts";
import { useSite } from "../../../support/streaming/site.ts";

describe("Site", () => {
  const { open, signUp, subscribe, assertRedirect } = useSite();

  it("shows titles, prices and a link to sign in to a visitor", async () => {
    const { html, heading } = await pageOf(await open().request("/"), 200);
    assert.match(heading ?? "", /The lights go down/);
    assert.match(html, /From \$7\.99 a month/);
    for (const name of ["Metropolis", "Sunrise"])
      assert.ok(html.includes(`<span class="poster-name">${name}</span>`));
    assert.match(html, /href="\/sign-in"/);
    const title = await open().request("/titles/sunrise");
    const page = await pageOf(title, 200);
    assert.match(page.html, /All of &lt;Sunrise&gt;\./);
    assert.match(page.html, /Subscribe to watch/);
  });

  it("requires sign-in to watch, and leads back to the title afterwards", async () => {
    const browser = open();
    const refused = await browser.request("/watch/sunrise");
    const { heading, html } = await pageOf(refused, 401);
    assert.equal(heading, "Sign in to watch");
    assert.doesNotMatch(html, /<video/);
    await signUp(browser);
    const home = await browser.request("/");
    assert.equal(home.status, 302);
    assertRedirect(home, "/watch/sunrise");
    await pageOf(await browser.request("/"), 200); // redirects once
  });

  it("requires a subscription to watch, and plays the title once it is paid", async () => {
    const browser = open();
    await signUp(browser);
    const refused = await pageOf(await browser.request("/watch/sunrise"), 403);
    assert.equal(refused.heading, "This is for members");
    const plans = await pageOf(await browser.request("/plans"), 200);
    assert.match(plans.html, /href="\/subscribe\?plan=basic"/);
    const paid = await subscribe(browser);
    assert.equal(paid.status, 303, await paid.text());
    assertRedirect(paid, "/watch/sunrise");
    const { html } = await pageOf(await browser.request("/watch/sunrise"), 200);
    const data =
      /<script type="application\/json" id="playback">(.*?)<\/script>/;
    const playback = JSON.parse(data.exec(html)?.[1] ?? "");
    assert.equal(playback.id, "sunrise");
    assert.equal((await open("second").request(playback.url)).status, 200);
  });

  it("asks for an account when a plan is chosen, and leads back to the plan afterwards", async () => {
    const browser = open();
    const first = await browser.request("/subscribe?plan=premium");
    assertRedirect(first, "/sign-up");
    await signUp(browser);
    const next = await browser.request("/");
    assertRedirect(next, "/subscribe?plan=premium");
    const page = await browser.request("/subscribe?plan=premium");
    assert.equal((await pageOf(page, 200)).heading, "Subscribe to Premium");
  });

  it("resumes a title on another device", async () => {
    const here = open();
    const { email, password } = await signUp(here);
    await subscribe(here);
    const put = await here.request("/progress/metropolis", {
      method: "PUT",
      body: JSON.stringify({ position: 42 }),
      headers: { "content-type": "application/json" },
    });
    assert.equal(put.status, 204);
    const there = open("second");
    await there.signIn({ email, password });
    const home = await pageOf(await there.request("/"), 200);
    assert.match(home.html, /Continue watching/);
    assert.match(home.html, /At 0:42 of 1:40/);
    const title = await there.request("/titles/metropolis");
    assert.match((await pageOf(title, 200)).html, /Resume at 0:42/);
    const watch = async (query = "") =>
      (await pageOf(await there.request(`/watch/metropolis${query}`), 200))
        .html;
    assert.match(await watch(), /"position":42/);
    assert.match(await watch("?from=start"), /"position":0/);
  });

  for (const path of ["/membership", "/membership/card"])
    it(`leads a visitor from ${path} to sign-in and back`, async () => {
      const browser = open();
      assertRedirect(await browser.request(path), "/sign-in");
      await signUp(browser);
      assertRedirect(await browser.request("/"), path);
    });

  for (const path of [
    "/subscribe",
    "/membership/cancel",
    "/membership/resume",
    "/membership/card",
  ])
    it(`rejects ${path} from a page of another site`, async () => {
      const browser = open();
      await signUp(browser);
      const headers = { "sec-fetch-site": "cross-site" };
      const response = await browser.post(path, {}, headers);
      assert.equal(response.status, 403);
    });

  for (const path of ["/titles/vertigo", "/watch/vertigo", "/subscribe?plan=x"])
    it(`shows a 404 page for ${path}`, async () => {
      const page = await pageOf(await open().request(path), 404);
      assert.equal(page.heading, "There is nothing here");
    });

  it("has no inline code or style that its Content-Security-Policy blocks", async () => {
    const browser = open();
    await signUp(browser);
    await subscribe(browser);
    for (const path of [
      "/",
      "/titles/sunrise",
      "/plans",
      "/membership",
      "/watch/sunrise",
    ]) {
      const response = await browser.request(path);
      const policy = response.headers.get("content-security-policy") ?? "";
      assert.doesNotMatch(policy, /unsafe/);
      assert.match(policy, /media-src 'self' blob:/);
      const { html } = await pageOf(response, 200);
      assert.doesNotMatch(html, /\sstyle=|\son\w+=|<style|javascript:/i);
      for (const [, attributes] of html.matchAll(/<script([^>]*)>/g))
        assert.match(
          attributes ?? "",
          /src="\/assets\/|type="application\/json"/,
        );
    }
  });
});
