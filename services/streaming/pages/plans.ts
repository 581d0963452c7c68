import { html } from "hono/html";
import { icons } from "./icons.ts";
import { type Html, layout, type Viewer } from "./layout.ts";
import { intervalInWords, money, type Price } from "./prices.ts";

export interface Plan extends Price {
  id: string;
  name: string;
  includes: {
    /** The largest picture: 720p, 1080p, 2160p. */
    resolution: string;
    /** How many may be watched at the same time. */
    screens: number;
  };
}

export interface Plans {
  viewer?: Viewer | undefined;
  /** In the order in which people see them. */
  plans: readonly Plan[];
  /** The id of the one that the viewer has. @default none */
  current?: string | undefined;
}

/** What somebody can subscribe to. */
export const plansPage = ({ viewer, plans, current }: Plans): Html =>
  layout({
    title: "Plans",
    viewer,
    here: "plans",
    room: "curtains",
    content: html`
      <div class="wide-stage">
        <div class="intro">
          <h1>Choose your seat</h1>
          <p class="lead">Every plan has every film. Change your mind and cancel whenever you like.</p>
        </div>
        <ul class="plans">${plans.map((plan) => card(plan, plan.id === current, current !== undefined))}
        </ul>
      </div>`,
  });

const card = (plan: Plan, isCurrent: boolean, hasOne: boolean) => html`
          <li class="card plan${isCurrent ? " plan-current" : ""}">
            <h2>${plan.name}${isCurrent ? html` <span class="badge">Your plan</span>` : ""}</h2>
            <p class="price"><strong>${money(plan.amount, plan.currency)}</strong> <span>${intervalInWords(plan.interval)}</span></p>
            <ul class="ticks">${includes(plan).map((item) => html`<li>${icons.check}${item}</li>`)}</ul>
            ${choice(plan, isCurrent, hasOne)}
          </li>`;

const choice = ({ id, name }: Plan, isCurrent: boolean, hasOne: boolean) => {
  if (isCurrent)
    return html`<a class="button plain wide" href="/membership">Manage membership</a>`;
  if (hasOne)
    return html`<p class="quiet">Yours to choose when your present plan has ended.</p>`;
  return html`<a class="button wide" href="${subscribePath(id)}">Choose ${name}</a>`;
};

export const subscribePath = (plan: string) =>
  `/subscribe?plan=${encodeURIComponent(plan)}`;

const pictures: Readonly<Record<string, string>> = {
  "720p": "HD picture (720p)",
  "1080p": "Full HD picture (1080p)",
  "2160p": "4K picture (2160p)",
};

/** What a plan has, a line each. */
export const includes = ({ includes: { resolution, screens } }: Plan) => [
  pictures[resolution] ?? `Picture up to ${resolution}`,
  screens === 1 ? "One screen at a time" : `${screens} screens at a time`,
  "Every film, on every device",
];
