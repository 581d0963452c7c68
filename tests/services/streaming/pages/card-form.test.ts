import assert from "node:assert/strict";
import {
  changeCardPage,
  subscribePage,
} from "../../../../services/streaming/pages/subscribe.ts";
import {
  plans,
  read,
  subscription,
  viewer,
} from "../../../support/programs/streaming-pages.ts";

const [plan] = plans as [(typeof plans)[0]];

describe("Card form", () => {
  const form = { viewer, plan, key: "key-1" };

  it("sends the plan and the idempotency key", async () => {
    const page = await read(subscribePage(form));
    assert.deepEqual(page.form("/subscribe"), {
      key: "key-1",
      plan: "basic",
      number: "",
      expiry: "",
      cvc: "",
    });
    assert.match(page.text, /Pay \$7\.99 and start watching/);
    assert.match(page.text, /now, then \$7\.99 a month until you cancel/);
  });

  it("supports autofill and numeric keyboards", async () => {
    const { tag } = await read(subscribePage(form));
    for (const [id, autocomplete] of [
      ["number", "cc-number"],
      ["expiry", "cc-exp"],
      ["cvc", "cc-csc"],
    ] as const) {
      assert.match(tag(id) ?? "", new RegExp(`autocomplete="${autocomplete}"`));
      assert.match(tag(id) ?? "", /inputmode="numeric"/);
    }
  });

  it("shows an error at the field and at the top, and keeps the expiry date", async () => {
    const page = await read(
      subscribePage({
        ...form,
        values: { expiry: "13/30" },
        errors: { fields: { expiry: "Enter a month from 01 to 12." } },
      }),
    );
    assert.match(page.tag("expiry") ?? "", / value="13\/30"/);
    assert.match(
      page.tag("expiry") ?? "",
      /aria-describedby="expiry-hint expiry-error" aria-invalid="true"/,
    );
    assert.doesNotMatch(page.tag("number") ?? "", /aria-invalid/);
    assert.equal(page.links["Enter a month from 01 to 12."], "#expiry");
    assert.match(page.html, /<title>Error: Subscribe to Basic/);
  });

  it("shows why a card was declined", async () => {
    const alert = "Your card has insufficient funds.";
    const { html } = await read(subscribePage({ ...form, errors: { alert } }));
    assert.match(
      html,
      /role="alert" id="alert">\s*<p>Your card has insufficient funds\.<\/p>/,
    );
  });

  it("shows test cards only if given, with a button for each", async () => {
    const { text, html } = await read(
      subscribePage({
        ...form,
        testCards: [{ number: "378282246310005", what: "Succeeds" }],
      }),
    );
    assert.match(text, /3782 822463 10005 ?Succeeds/);
    assert.match(html, /<button [^>]*data-card="378282246310005" hidden>/);
    assert.doesNotMatch((await read(subscribePage(form))).text, /Test cards/);
  });

  it("changes the card of a membership", async () => {
    const page = await read(
      changeCardPage({ viewer, key: "key-2", method: subscription.method }),
    );
    assert.match(page.text, /Your card now Visa ending in •••• 4242/);
    assert.equal(page.form("/membership/card")?.key, "key-2");
  });
});
