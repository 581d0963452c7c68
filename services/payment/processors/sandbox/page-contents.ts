import type { Failure } from "@marquee/service-kit";
import { html } from "hono/html";
import { HTTPException } from "hono/http-exception";
import type { Action } from "./actions.ts";
import type { Page } from "./page-layout.ts";

const brands: Record<string, string> = {
  visa: "Visa",
  mastercard: "Mastercard",
  amex: "American Express",
  discover: "Discover",
  diners: "Diners Club",
  jcb: "JCB",
  unionpay: "UnionPay",
};

/** Formats an amount, exactly even beyond 2^53: EUR 7.99, JPY 800. */
export function formatAmount(amount: bigint, currency: string): string {
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    currencyDisplay: "code",
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  const text = amount.toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const rest = text.slice(text.length - digits);
  return format.format(`${whole}.${rest || 0}` as Intl.StringNumericLiteral);
}

export const questionPage = ({
  amount,
  currency,
  brand,
  last4,
}: Action): Page => ({
  title: `Approve ${formatAmount(amount, currency)}`,
  content: html`
        <h1>Is it you who pays?</h1>
        <p class="quiet">Your bank would make sure of that now. Here, you say what it finds.</p>
        <dl>
          <dt>Amount</dt><dd class="amount">${formatAmount(amount, currency)}</dd>
          <dt>Card</dt><dd>${brands[brand] ?? brand} ending in ${last4}</dd>
        </dl>
        <form method="post">
          <button class="button" type="submit" name="answer" value="approve">Approve this payment</button>
          <button class="button plain" type="submit" name="answer" value="refuse">Refuse</button>
        </form>
      `,
});

const answerTitles = {
  approved: "You approved the payment",
  refused: "You refused the payment",
  canceled: "The payment was canceled",
};

/** @param next where the customer goes next; the browser redirects there automatically */
export const answerPage = (
  { amount, currency }: Action,
  answer: keyof typeof answerTitles,
  next: string | undefined,
): Page => ({
  title: answerTitles[answer],
  next,
  content: html`
        <h1>${answerTitles[answer]}</h1>
        ${
          next === undefined
            ? html`<p class="quiet">It was about ${formatAmount(amount, currency)}. You can close this page.</p>`
            : html`<p class="quiet">It was about ${formatAmount(amount, currency)}.</p><a class="button" href="${next}">Continue</a>`
        }
      `,
});

export function errorPageContents(
  { status, title, text, retryWhen, requestId }: Failure,
  error: Error | undefined,
): Page {
  const words =
    status === 503
      ? {
          title,
          text: `The bank can’t answer right now. Please try again ${retryWhen ?? "in a few seconds"}.`,
        }
      : error instanceof HTTPException && status < 500
        ? { title: "That doesn’t work", text: error.message }
        : { title, text };
  return {
    title: `Error: ${words.title}`,
    content: html`
        <h1>${words.title}</h1>
        <p class="quiet">${words.text}</p>
        <p class="quiet">Request ID: ${requestId}</p>
      `,
  };
}
