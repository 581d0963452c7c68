import type { Html } from "@marquee/service-kit";
import { html } from "hono/html";
import { isLive } from "../clients/payment-schemas.ts";
import { dayOrTime } from "./dates.ts";
import { hiddenField } from "./form.ts";
import { layout, noticeBox, type SignedInUser } from "./layout.ts";
import { type Payment, paymentList } from "./payments.ts";
import { priceInWords } from "./prices.ts";
import { cardName } from "./subscribe.ts";

/** A subscription, in the format of payment's API. */
export interface Subscription {
  plan: string;
  /** Price of each period, in the currency's smallest unit. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  /** Length of a period, in ISO 8601. */
  interval: string;
  status: "incomplete" | "active" | "past_due" | "canceled" | "expired";
  method: { brand: string; last4: string };
  /** When the paid period ends, in ISO 8601. */
  current_period_end?: string | undefined;
  cancel_at_period_end: boolean;
  /** URL that the payer must visit to complete the latest payment. */
  next_action?: { url: string } | undefined;
  ended_at?: string | undefined;
}

export interface Membership {
  viewer: SignedInUser;
  /** The subscription that has not ended, otherwise the latest. @default none */
  subscription?: Subscription | undefined;
  /** Latest first. */
  payments: readonly Payment[];
  notice?: string | undefined;
  /** Idempotency keys, which the forms send as `key`: sending a form twice has no further effect. */
  cancelKey: string;
  resumeKey: string;
}

/** The subscription, what it costs, and its payments. */
export const membershipPage = (membership: Membership): Html => {
  const { viewer, subscription, payments, notice } = membership;
  return layout({
    title: "Membership",
    user: viewer,
    here: "membership",
    room: "curtains",
    content: html`
      <div class="wide-stage narrow">
        <h1>Membership</h1>
        ${noticeBox(notice)}
        ${subscription && isLive(subscription) ? live(subscription, membership) : over(subscription)}
        <section class="card" aria-labelledby="payments">
          <h2 id="payments">Payments</h2>
          ${paymentList(payments)}
        </section>
      </div>`,
  });
};

/** A plan's name by its id: "premium" is Premium. */
const nameOf = ({ plan }: Subscription) =>
  plan.charAt(0).toUpperCase() + plan.slice(1);

const live = (
  subscription: Subscription,
  keys: Pick<Membership, "cancelKey" | "resumeKey">,
) => html`<section class="card" aria-labelledby="plan">
          <div class="card-head"><h2 id="plan">${nameOf(subscription)}</h2>${badge(subscription)}</div>
          <p class="membership-state">${state(subscription)}</p>
          ${due(subscription)}
          <dl>
            <dt>Price</dt><dd>${priceInWords(subscription)}</dd>
            <dt>Card</dt><dd>${cardName(subscription.method)}${subscription.status === "incomplete" ? "" : html` <a class="stand-alone" href="/membership/card">Change card</a>`}</dd>
          </dl>
          ${subscription.cancel_at_period_end ? resume(keys.resumeKey) : cancel(subscription, keys.cancelKey)}
        </section>`;

const over = (
  subscription: Subscription | undefined,
) => html`<section class="card" aria-labelledby="plan">
          <div class="card-head"><h2 id="plan">${subscription ? nameOf(subscription) : "No membership yet"}</h2>${subscription ? badge(subscription) : ""}</div>
          <p class="membership-state">${subscription ? state(subscription) : "Choose a plan, and the film begins."}</p>
          <div class="actions"><a class="button" href="/plans">${subscription ? "Come back" : "See the plans"}</a></div>
        </section>`;

function badge({ status, cancel_at_period_end, next_action }: Subscription) {
  if (status === "active")
    return cancel_at_period_end
      ? html`<span class="badge ending">Ending</span>`
      : html`<span class="badge good">Active</span>`;
  if (status === "past_due")
    return html`<span class="badge bad">Payment due</span>`;
  if (status === "incomplete")
    return html`<span class="badge ending">${next_action ? "Waiting for you" : "Processing"}</span>`;
  return html`<span class="badge">${status === "expired" ? "Expired" : "Ended"}</span>`;
}

/** The subscription's state in a sentence. */
function state(subscription: Subscription) {
  const { status, interval, current_period_end: end, ended_at } = subscription;
  if (status === "incomplete")
    return subscription.next_action
      ? "Your bank wants you to confirm the first payment."
      : "Your first payment is being processed. This usually takes seconds.";
  if (status === "expired")
    return html`A payment was missed, so your membership ended${ended_at ? html` on ${dayOrTime(ended_at, interval)}` : ""}.`;
  if (status === "canceled")
    return html`Your membership ended${ended_at ? html` on ${dayOrTime(ended_at, interval)}` : ""}. Your places in films are kept.`;
  if (!end) return "";
  if (subscription.cancel_at_period_end)
    return html`Ends on ${dayOrTime(end, interval)}. Until then you can watch, and nothing more is charged.`;
  return status === "past_due"
    ? html`Paid until ${dayOrTime(end, interval)}. The payment after that didn’t go through.`
    : html`Renews on ${dayOrTime(end, interval)}.`;
}

/** The action that keeps the membership, if one is due. */
function due({ status, next_action }: Subscription) {
  if (next_action)
    return html`<div class="actions"><a class="button" href="${next_action.url}">Confirm the payment</a></div>`;
  return status === "past_due"
    ? html`<div class="actions"><a class="button" href="/membership/card">Pay with another card</a></div>`
    : "";
}

const cancel = (
  { status, interval, current_period_end: end }: Subscription,
  key: string,
) => html`<details class="cancel">
            <summary><h3>Cancel membership</h3></summary>
            <p class="quiet">${status === "active" && end ? html`You can watch until ${dayOrTime(end, interval)}, and nothing more is charged. Until then you can change your mind.` : "It ends at once, and nothing more is charged."}</p>
            <form method="post" action="/membership/cancel">${hiddenField("key", key)}<button class="button danger" type="submit">Yes, cancel my membership</button></form>
          </details>`;

const resume = (key: string) =>
  html`<form method="post" action="/membership/resume">${hiddenField("key", key)}<div class="actions"><button class="button" type="submit">Keep my membership</button></div></form>`;
