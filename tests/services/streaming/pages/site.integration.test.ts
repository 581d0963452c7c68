import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { browse, pageOf } from "../../../support/auth/browser.ts";
import { useStreaming } from "../../../support/streaming/service.ts";

const password = "correct horse battery staple";
const card = { number: "4242 4242 4242 4242", expiry: "12/34", cvc: "123" };

describe("Site", () => {
  const replicas = useStreaming();
  /** Opens a new browser at one of the replicas. */
  const open = (replica: "first" | "second" = "first") =>
    browse(replicas[replica]);
  type Browser = ReturnType<typeof open>;

  /** Creates an account by the form; returns its email address. */
  async function signUp(browser: Browser) {
    const email = `${randomUUID()}@example.com`;
    const response = await browser.signUp({ email, password });
    assert.equal(response.status, 303, await response.text());
    return email;
  }
  /** Value of a form's hidden field. */
  const hidden = (html: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? "";

  async function subscribe(browser: Browser, given: Partial<typeof card> = {}) {
    const form = await browser.request("/subscribe?plan=basic");
    const { html } = await pageOf(form, 200);
    return browser.post("/subscribe", {
      ...card,
      ...given,
      plan: "basic",
      key: hidden(html, "key"),
    });
  }
  const leadsTo = (response: Response, path: string) =>
    assert.equal(response.headers.get("location"), path);

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
    leadsTo(home, "/watch/sunrise");
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
    leadsTo(paid, "/watch/sunrise");
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
    leadsTo(first, "/sign-up");
    await signUp(browser);
    const next = await browser.request("/");
    leadsTo(next, "/subscribe?plan=premium");
    const page = await browser.request("/subscribe?plan=premium");
    assert.equal((await pageOf(page, 200)).heading, "Subscribe to Premium");
  });

  describe("rejected cards", () => {
    const wrong: [
      what: string,
      given: Partial<typeof card>,
      status: number,
      field: string | undefined,
      says: RegExp,
    ][] = [
      [
        "rejects a card without a number",
        { number: "" },
        422,
        "number",
        /Enter the number/,
      ],
      [
        "rejects a card with an invalid number",
        { number: "4242 4242 4242 4241" },
        422,
        "number",
        /\w/,
      ],
      [
        "rejects a card with an invalid month",
        { expiry: "13/34" },
        422,
        "expiry",
        /MM\/YY/,
      ],
      [
        "rejects a card that has expired",
        { expiry: "01/20" },
        422,
        "expiry",
        /\w/,
      ],
      [
        "rejects a card without a security code",
        { cvc: "" },
        422,
        "cvc",
        /security code/,
      ],
      [
        "rejects a card that is declined",
        { number: "4000000000000002" },
        402,
        undefined,
        /declined/,
      ],
      [
        "rejects a card with insufficient funds",
        { number: "4000000000009995" },
        402,
        undefined,
        /insufficient funds/,
      ],
    ];
    for (const [what, given, status, field, says] of wrong)
      it(what, async () => {
        const browser = open();
        await signUp(browser);
        const response = await subscribe(browser, given);
        const page = await pageOf(response, status);
        assert.match((field ? page.wrong(field) : page.alert) ?? "", says);
        assert.match(page.title ?? "", /^Error: /);
        assert.ok(!page.html.includes("4242 4242 4242 4241"));
        assert.ok(!page.input("number").match(/value="\d/));
        await pageOf(await browser.request("/watch/sunrise"), 403);
      });
  });

  it("charges once when the form is sent several times", async () => {
    const browser = open();
    await signUp(browser);
    const form = await browser.request("/subscribe?plan=basic");
    const { html } = await pageOf(form, 200);
    const fields = { ...card, plan: "basic", key: hidden(html, "key") };
    const sent = await Promise.all(
      [1, 2, 3].map(() => browser.post("/subscribe", fields)),
    );
    for (const response of sent)
      leadsTo(response, "/membership?told=subscribed");
    const membership = await pageOf(await browser.request("/membership"), 200);
    assert.equal(membership.html.match(/\$7\.99<\/td>/g)?.length, 1);
  });

  it("leads to the bank for approval, and to the title afterwards", async () => {
    const browser = open();
    await signUp(browser);
    await browser.request("/watch/metropolis");
    const asked = await subscribe(browser, { number: "4000002500003155" });
    assert.equal(asked.status, 303, await asked.text());
    const bank = asked.headers.get("location") ?? "";
    assert.match(bank, /^\/sandbox\/authenticate\/ch_/);
    const page = await browser.request(bank);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /nonce="/);
    const answer = await browser.post(bank, { answer: "approve" });
    assert.equal(answer.status, 303, await answer.text());
    const back = new URL(answer.headers.get("location") ?? "");
    assert.equal(back.pathname, "/membership/payment");
    const html = { headers: { accept: "text/html" } };
    leadsTo(await browser.request(back.pathname, html), "/watch/metropolis");
    await pageOf(await browser.request("/watch/metropolis"), 200);
  });

  it("cancels a membership at the end of its period, and resumes it", async () => {
    const browser = open();
    await signUp(browser);
    await subscribe(browser);
    const of = async () => pageOf(await browser.request("/membership"), 200);
    const before = await of();
    assert.match(before.html, /Renews on/);
    assert.match(before.html, /4242/);
    const key = hidden(before.html, "key");
    leadsTo(
      await browser.post("/membership/cancel", { key }),
      "/membership?told=canceled",
    );
    assert.match((await of()).html, /Ends on/);
    await pageOf(await browser.request("/watch/sunrise"), 200);
    leadsTo(
      await browser.post("/membership/resume", { key: randomUUID() }),
      "/membership?told=resumed",
    );
    assert.match((await of()).html, /Renews on/);
  });

  it("changes the card and confirms the change", async () => {
    const browser = open();
    await signUp(browser);
    await subscribe(browser);
    const form = await pageOf(await browser.request("/membership/card"), 200);
    const changed = await browser.post("/membership/card", {
      ...{ ...card, number: "5555555555554444" },
      key: hidden(form.html, "key"),
    });
    leadsTo(changed, "/membership?told=card-changed");
    const path = "/membership?told=card-changed";
    const page = await pageOf(await browser.request(path), 200);
    assert.match(page.notice ?? "", /new card/);
    assert.match(page.html, /Mastercard/);
  });

  it("resumes a title on another device", async () => {
    const here = open();
    const email = await signUp(here);
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
      leadsTo(await browser.request(path), "/sign-in");
      await signUp(browser);
      leadsTo(await browser.request("/"), path);
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
