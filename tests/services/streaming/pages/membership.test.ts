import assert from "node:assert/strict";
import {
  type Membership,
  membershipPage,
  type Subscription,
} from "../../../../services/streaming/pages/membership.ts";
import type { Payment } from "../../../../services/streaming/pages/payments.ts";
import { plansPage } from "../../../../services/streaming/pages/plans.ts";
import { subscribePage } from "../../../../services/streaming/pages/subscribe.ts";
import { waitingPage } from "../../../../services/streaming/pages/waiting.ts";
import {
  payment,
  plans,
  read,
  subscription,
  viewer,
} from "../../../support/programs/streaming-pages.ts";

const [plan] = plans as [(typeof plans)[0]];

describe("Plans page", () => {
  it("shows each plan's price and picture, with a link to subscribe", async () => {
    const { text, links } = await read(
      plansPage({ plans, tallestPicture: 2160 }),
    );
    assert.match(text, /Basic \$7\.99 a month HD picture \(720p\) Every film/);
    assert.match(
      text,
      /Premium \$17\.99 a month 4K picture \(2160p\) Every film/,
    );
    assert.equal(links["Choose Premium"], "/subscribe?plan=premium");
  });

  const promises: [
    tallest: number | undefined,
    basic: string,
    premium: string,
  ][] = [
    [360, "Picture up to 360p ", "Picture up to 360p "],
    [720, "HD picture (720p) ", "HD picture (720p) "],
    [1080, "HD picture (720p) ", "Full HD picture (1080p) "],
    [2160, "HD picture (720p) ", "4K picture (2160p) "],
    [4320, "HD picture (720p) ", "4K picture (2160p) "],
    [undefined, "", ""],
  ];
  for (const [tallest, basic, premium] of promises)
    it(`promises no taller picture than the titles have: ${tallest ?? "unknown"}`, async () => {
      const { text } = await read(
        plansPage({ plans, tallestPicture: tallest }),
      );
      for (const [price, picture] of [
        ["$7.99", basic],
        ["$17.99", premium],
      ])
        assert.ok(
          text.includes(`${price} a month ${picture}Every film`),
          `${price} a month ${picture} is not in ${text}`,
        );
      const page = await read(
        subscribePage({ viewer, key: "key-1", plan, tallestPicture: tallest }),
      );
      assert.ok(page.text.includes(`a month ${basic}Every film`), page.text);
    });

  it("promises no picture for a plan with an unknown resolution", async () => {
    const odd = { ...plan, includes: { resolution: "cinema" } };
    const { text } = await read(
      plansPage({ plans: [odd], tallestPicture: 720 }),
    );
    assert.match(text, /a month Every film/);
  });

  it("promises no number of screens", async () => {
    const { text } = await read(plansPage({ plans, tallestPicture: 2160 }));
    assert.doesNotMatch(text, /at a time|\d screens|one screen/i);
  });

  it("offers no second plan to a subscriber", async () => {
    const { text, links } = await read(
      plansPage({ viewer, plans, current: "basic" }),
    );
    assert.match(text, /Basic Your plan/);
    assert.equal(links["Manage membership"], "/membership");
    assert.ok(!Object.values(links).some((to) => to.startsWith("/subscribe")));
  });
});

describe("Membership page", () => {
  const show = (change: Partial<Subscription>, rest?: Partial<Membership>) =>
    read(
      membershipPage({
        viewer,
        subscription: { ...subscription, ...change },
        payments: [],
        cancelKey: "cancel-1",
        resumeKey: "resume-1",
        ...rest,
      }),
    );

  it("shows the renewal date, price and card of an active subscription", async () => {
    const { text, form, links } = await show({});
    assert.match(text, /Basic ?Active Renews on 3 January 2027\./);
    assert.match(text, /Price ?\$7\.99 a month Card ?Visa ending in •••• 4242/);
    assert.equal(links["Change card"], "/membership/card");
    assert.deepEqual(form("/membership/cancel"), { key: "cancel-1" });
    assert.equal(form("/membership/resume"), undefined);
  });

  it("asks for confirmation before it cancels, and shows how long access lasts", async () => {
    const { html, text } = await show({});
    assert.match(
      html,
      /<details class="cancel">[\s\S]*action="\/membership\/cancel"[\s\S]*<\/details>/,
    );
    assert.match(text, /You can watch until 3 January 2027/);
  });

  it("shows when a canceled subscription ends, and offers to resume it", async () => {
    const { text, form } = await show({ cancel_at_period_end: true });
    assert.match(text, /Ends on 3 January 2027\./);
    assert.doesNotMatch(text, /Renews/);
    assert.deepEqual(form("/membership/resume"), { key: "resume-1" });
    assert.equal(form("/membership/cancel"), undefined);
  });

  it("shows the time of day when periods are short", async () => {
    const { text } = await show({ interval: "PT60S" });
    assert.match(text, /Renews on 3 January 2027 at 10:20:30 UTC\./);
    assert.match(text, /\$7\.99 every 60 seconds/);
  });

  it("asks for a payment that is due, at the bank or with another card", async () => {
    const url = "/sandbox/authenticate/x";
    const bank = await show({ status: "past_due", next_action: { url } });
    assert.match(bank.text, /Payment due/);
    assert.equal(bank.links["Confirm the payment"], url);
    const declined = await show({ status: "past_due" });
    assert.equal(declined.links["Pay with another card"], "/membership/card");
    assert.match(declined.text, /It ends at once/);
  });

  it("shows why a first payment is pending", async () => {
    const waits = await show({
      status: "incomplete",
      current_period_end: undefined,
      next_action: { url: "/bank" },
    });
    assert.equal(waits.links["Confirm the payment"], "/bank");
    assert.equal(waits.links["Change card"], undefined);
    const { text } = await show({ status: "incomplete" });
    assert.match(text, /first payment is being processed/);
  });

  it("offers the plans without a subscription and after one has ended", async () => {
    const ended_at = "2027-01-03T10:20:30.000Z";
    for (const page of [
      await show({}, { subscription: undefined }),
      await show({ status: "canceled", ended_at }),
      await show({ status: "expired", ended_at }),
    ]) {
      const main = page.html.slice(page.html.indexOf("<main"));
      assert.match(main, /<a class="button" href="\/plans">/);
      assert.equal(page.form("/membership/cancel"), undefined);
    }
  });

  const outcomes: [Partial<Payment>, RegExp][] = [
    [{}, /3 Dec 2026 Membership Visa ending in •••• 4242 Paid \$7\.99/],
    [{ refunded: 799 }, / Refunded \$7\.99/],
    [{ refunded: 100 }, / \$1\.00 refunded \$7\.99/],
    [{ status: "processing" }, / Processing /],
    [{ status: "requires_action" }, / Waits for you /],
    [
      { status: "declined", decline: { message: "No funds." } },
      / Declined ?No funds\. /,
    ],
    [
      { amount: 800, currency: "JPY", purpose: "purchase" },
      / Purchase .* ¥800/,
    ],
  ];
  for (const [change, expected] of outcomes)
    it(`shows the outcome of a payment with ${JSON.stringify(change)}`, async () => {
      const payments = [{ ...payment, ...change }];
      assert.match((await show({}, { payments })).text, expected);
    });
});

describe("Page of a payment that is being processed", () => {
  it("reloads by itself, with and without JavaScript", async () => {
    const { tag, html } = await read(
      waitingPage({ viewer, url: "/membership/waiting" }),
    );
    assert.match(tag("waiting") ?? "", / data-url="\/membership\/waiting"/);
    assert.match(
      html,
      /<noscript><meta http-equiv="refresh" content="3"><\/noscript>/,
    );
  });
});
