import { html } from "hono/html";
import { shortDay } from "./dates.ts";
import { money } from "./prices.ts";
import { cardName } from "./subscribe.ts";

/** A payment, in the format of payment's API. */
export interface Payment {
  id: string;
  /** `subscription` or another purpose. */
  purpose: string;
  /** In the currency's smallest unit. */
  amount: number;
  /** ISO 4217. */
  currency: string;
  status:
    | "requires_confirmation"
    | "processing"
    | "requires_action"
    | "succeeded"
    | "declined"
    | "canceled";
  /** Refunded part of the amount. */
  refunded: number;
  method: { brand: string; last4: string };
  /** Reason of a decline, in a sentence. */
  decline?: { message: string } | undefined;
  /** ISO 8601. */
  created_at: string;
}

/** Payments as a table. Phones show rows as blocks; the explicit roles keep the table's semantics there. */
export const paymentList = (payments: readonly Payment[]) =>
  payments.length === 0
    ? html`<p class="quiet">Nothing was paid yet.</p>`
    : html`<table class="payments" role="table">
            <thead role="rowgroup"><tr role="row">
              <th role="columnheader" scope="col">Date</th><th role="columnheader" scope="col">For</th><th role="columnheader" scope="col">Card</th><th role="columnheader" scope="col">Status</th><th role="columnheader" scope="col" class="amount">Amount</th>
            </tr></thead>
            <tbody role="rowgroup">${payments.map(row)}
            </tbody>
          </table>`;

const row = (payment: Payment) => html`
              <tr role="row">
                <td role="cell">${shortDay(payment.created_at)}</td>
                <td role="cell">${payment.purpose === "subscription" ? "Membership" : "Purchase"}</td>
                <td role="cell">${cardName(payment.method)}</td>
                <td role="cell">${outcome(payment)}</td>
                <td role="cell" class="amount">${money(payment.amount, payment.currency)}</td>
              </tr>`;

const words = {
  requires_confirmation: "Not begun",
  processing: "Processing",
  requires_action: "Waits for you",
  succeeded: "Paid",
  declined: "Declined",
  canceled: "Canceled",
} as const;

function outcome(payment: Payment) {
  const { status, refunded, amount, currency, decline } = payment;
  if (refunded > 0)
    return html`<span class="outcome">${refunded < amount ? `${money(refunded, currency)} refunded` : "Refunded"}</span>`;
  return html`<span class="outcome ${status}">${words[status]}</span>${decline ? html`<span class="why">${decline.message}</span>` : ""}`;
}
