import {
  errorSummary,
  type FormErrors,
  type Html,
  hasErrors,
} from "@marquee/service-kit";
import { html } from "hono/html";
import { grouped } from "../browser/card/card-number.ts";
import { field, hiddenField } from "./form.ts";
import { icons } from "./icons.ts";
import { layout, type SignedInUser } from "./layout.ts";
import { includes, type Plan } from "./plans.ts";
import { intervalInWords, money, priceInWords } from "./prices.ts";

/** A card that the sandbox accepts, and its effect. */
export interface TestCard {
  number: string;
  what: string;
}

/** A form for card details. */
export interface CardForm {
  viewer: SignedInUser;
  /** Idempotency key, which the form sends as `key`: sending it twice charges once. */
  key: string;
  /** Earlier input, without the number and the CVC. @default none */
  values?: { expiry?: string };
  /** Errors by field name: number, expiry, cvc. @default none */
  errors?: FormErrors;
  /** Test cards to show if no real money moves. @default none */
  testCards?: readonly TestCard[];
}

export interface Subscribe extends CardForm {
  plan: Plan;
  /** Height of the titles' tallest picture, in pixels. @default unknown */
  tallestPicture?: number | undefined;
}

/** Checkout of a plan: POST /subscribe with plan, key, number, expiry and cvc. */
export const subscribePage = (page: Subscribe): Html => {
  const { plan, tallestPicture } = page;
  const price = money(plan.amount, plan.currency);
  return cardPage(page, {
    title: `Subscribe to ${plan.name}`,
    aside: html`<section class="order" aria-labelledby="order">
            <h2 id="order">${plan.name}</h2>
            <p class="price"><strong>${price}</strong> <span>${intervalInWords(plan.interval)}</span></p>
            <ul class="ticks">${includes(plan, tallestPicture).map((item) => html`<li>${icons.check}${item}</li>`)}</ul>
            <p><a class="stand-alone" href="/plans">Choose another plan</a></p>
          </section>`,
    form: cardForm(page, {
      action: "/subscribe",
      plan: plan.id,
      button: `Pay ${price} and start watching`,
      fine: `You pay ${price} now, then ${priceInWords(plan)} until you cancel.`,
    }),
  });
};

export interface ChangeCard extends CardForm {
  /** The current card. */
  method: { brand: string; last4: string };
}

/** Change of the membership's card: POST /membership/card with key, number, expiry and cvc. */
export const changeCardPage = (page: ChangeCard): Html =>
  cardPage(page, {
    title: "Change your card",
    aside: html`<section class="order" aria-labelledby="order">
            <h2 id="order">Your card now</h2>
            <p class="price"><strong class="card-number">${cardName(page.method)}</strong></p>
            <p class="quiet">The next payment is taken from the new one. If a payment is due, it is tried at once.</p>
            <p><a class="stand-alone" href="/membership">Keep this card</a></p>
          </section>`,
    form: cardForm(page, {
      action: "/membership/card",
      button: "Use this card from now on",
      fine: "Nothing is charged before it is due.",
    }),
  });

const brands: Readonly<Record<string, string>> = {
  visa: "Visa",
  mastercard: "Mastercard",
  amex: "American Express",
  discover: "Discover",
  diners: "Diners Club",
  jcb: "JCB",
  unionpay: "UnionPay",
};

/** "Visa •••• 4242", read aloud as "Visa ending in 4242". */
export const cardName = ({ brand, last4 }: { brand: string; last4: string }) =>
  html`${brands[brand] ?? brand} <span class="hidden">ending in </span><span aria-hidden="true">••••</span> ${last4}`;

interface CardPageParts {
  title: string;
  aside: Html;
  form: Html;
}

const cardPage = (
  { viewer, errors = {}, testCards = [] }: CardForm,
  { title, aside, form }: CardPageParts,
): Html =>
  layout({
    title,
    error: hasErrors(errors),
    user: viewer,
    here: "membership",
    room: "curtains",
    scripts: ["card"],
    content: html`
      <div class="wide-stage"><div class="checkout">
          ${aside}
          <section class="card" aria-labelledby="pay">
            <h1 id="pay">${title}</h1>
            ${errorSummary(errors)}
            ${form}
            ${testCards.length === 0 ? "" : testCardList(testCards)}
          </section>
      </div></div>`,
  });

interface CardFormParts {
  action: string;
  plan?: string;
  button: string;
  fine: string;
}

const cardForm = (
  { key, values = {}, errors = {} }: CardForm,
  { action, plan, button, fine }: CardFormParts,
) => html`<form method="post" action="${action}" id="card">
              ${hiddenField("key", key)}${plan === undefined ? "" : hiddenField("plan", plan)}
              ${field({ name: "number", label: "Card number", autocomplete: "cc-number", maxlength: 24 }, errors)}
              <div class="pair">
                ${field({ name: "expiry", label: "Expiry date", hint: "MM/YY", autocomplete: "cc-exp", maxlength: 7, value: values.expiry }, errors)}
                ${field({ name: "cvc", label: "Security code", hint: "CVC", autocomplete: "cc-csc", maxlength: 4 }, errors)}
              </div>
              <button class="button wide" type="submit" data-busy="One moment…">${button}</button>
              <p class="fine">${icons.lock}<span>${fine} Of your card we keep the brand and the last four digits.</span></p>
            </form>`;

const testCardList = (
  cards: readonly TestCard[],
) => html`<details class="test-cards" open>
              <summary><h2>Test cards</h2></summary>
              <p class="quiet">No money moves here. Any expiry date to come and any CVC will do.</p>
              <ul>${cards.map(
                ({ number, what }) => html`
                <li>
                  <p><span class="card-number">${grouped(number)}</span><span class="quiet">${what}</span></p>
                  <button class="button plain small" type="button" data-card="${number}" hidden>Use<span class="hidden"> card ${grouped(number)}</span></button>
                </li>`,
              )}
              </ul>
            </details>`;
