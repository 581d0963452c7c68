import type { Html } from "@marquee/service-kit";
import { html } from "hono/html";
import { icons } from "./icons.ts";
import { layout, type SignedInUser } from "./layout.ts";
import { intervalInWords, money, type Price } from "./prices.ts";

export interface Plan extends Price {
  id: string;
  name: string;
  includes: {
    /** The highest resolution: 720p, 1080p, 2160p. */
    resolution: string;
  };
}

export interface Plans {
  viewer?: SignedInUser | undefined;
  /** In display order. */
  plans: readonly Plan[];
  /** Id of the viewer's plan. @default none */
  current?: string | undefined;
  /** Height of the titles' tallest picture, in pixels. @default unknown */
  tallestPicture?: number | undefined;
}

/** The plans to subscribe to. */
export const plansPage = ({
  viewer,
  plans,
  current,
  tallestPicture,
}: Plans): Html =>
  layout({
    title: "Plans",
    description:
      "What Marquee costs: every plan has every film, and you can cancel whenever you like.",
    user: viewer,
    here: "plans",
    room: "curtains",
    content: html`
      <div class="wide-stage">
        <div class="intro">
          <h1>Choose your seat</h1>
          <p class="lead">Every plan has every film. Change your mind and cancel whenever you like.</p>
        </div>
        <ul class="plans">${plans.map((plan) => card(plan, { current, tallestPicture }))}
        </ul>
      </div>`,
  });

function card(
  plan: Plan,
  { current, tallestPicture }: Pick<Plans, "current" | "tallestPicture">,
) {
  const isCurrent = plan.id === current;
  return html`
          <li class="card plan${isCurrent ? " plan-current" : ""}">
            <h2>${plan.name}${isCurrent ? html` <span class="badge">Your plan</span>` : ""}</h2>
            <p class="price"><strong>${money(plan.amount, plan.currency)}</strong> <span>${intervalInWords(plan.interval)}</span></p>
            <ul class="ticks">${includes(plan, tallestPicture).map((item) => html`<li>${icons.check}${item}</li>`)}</ul>
            ${choice(plan, isCurrent, current !== undefined)}
          </li>`;
}

const choice = ({ id, name }: Plan, isCurrent: boolean, hasOne: boolean) => {
  if (isCurrent)
    return html`<a class="button plain wide" href="/membership">Manage membership</a>`;
  if (hasOne)
    return html`<p class="quiet">Yours to choose when your present plan has ended.</p>`;
  return html`<a class="button wide" href="${subscribePath(id)}">Choose ${name}</a>`;
};

const subscribePath = (plan: string) =>
  `/subscribe?plan=${encodeURIComponent(plan)}`;

const pictures: Readonly<Record<number, string>> = {
  720: "HD picture (720p)",
  1080: "Full HD picture (1080p)",
  2160: "4K picture (2160p)",
};

/**
 * A plan's features, one per line. The resolution is capped at the titles' tallest picture. The number of screens is
 * omitted because it is not enforced yet.
 */
export function includes(
  { includes: { resolution } }: Plan,
  tallestPicture: number | undefined,
): string[] {
  const height = Math.min(
    Number(/^(\d+)p$/.exec(resolution)?.[1]),
    tallestPicture ?? NaN,
  );
  return [
    ...(height ? [pictures[height] ?? `Picture up to ${height}p`] : []),
    "Every film, on every device",
  ];
}
