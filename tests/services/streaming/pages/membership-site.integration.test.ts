import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { pageOf } from "../../../support/auth/browser.ts";
import { card, useSite } from "../../../support/streaming/site.ts";

describe("Membership on the site", () => {
  const { open, signUp, hidden, subscribe, assertRedirect } = useSite();

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
      assertRedirect(response, "/membership?told=subscribed");
    const membership = await pageOf(await browser.request("/membership"), 200);
    assert.equal(membership.html.match(/\$7\.99<\/td>/g)?.length, 1);
  });

  it("leads to the bank for approval, and to the title afterwards", async () => {
    const browser = open();
    await signUp(browser);
    await browser.request("/watch/metropolis");
    const response = await subscribe(browser, { number: "4000002500003155" });
    assert.equal(response.status, 303, await response.text());
    const bank = response.headers.get("location") ?? "";
    assert.match(bank, /^\/sandbox\/authenticate\/ch_/);
    const page = await browser.request(bank);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /nonce="/);
    const answer = await browser.post(bank, { answer: "approve" });
    assert.equal(answer.status, 303, await answer.text());
    const back = new URL(answer.headers.get("location") ?? "");
    assert.equal(back.pathname, "/membership/payment");
    const html = { headers: { accept: "text/html" } };
    assertRedirect(
      await browser.request(back.pathname, html),
      "/watch/metropolis",
    );
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
    assertRedirect(
      await browser.post("/membership/cancel", { key }),
      "/membership?told=canceled",
    );
    assert.match((await of()).html, /Ends on/);
    await pageOf(await browser.request("/watch/sunrise"), 200);
    assertRedirect(
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
    assertRedirect(changed, "/membership?told=card-changed");
    const path = "/membership?told=card-changed";
    const page = await pageOf(await browser.request(path), 200);
    assert.match(page.notice ?? "", /new card/);
    assert.match(page.html, /Mastercard/);
  });
});
