import type { Html } from "@marquee/service-kit";
import { html } from "hono/html";
import { icons } from "./icons.ts";
import { layout, noticeBox, type SignedInUser } from "./layout.ts";
import { type Price, priceInWords } from "./prices.ts";
import {
  backdropOf,
  continueRow,
  facts,
  posterGrid,
  type StartedTitle,
  type TitleCard,
  titlePath,
  watchPath,
} from "./title-card.ts";

export interface Home {
  viewer?: SignedInUser | undefined;
  featured: TitleCard;
  /** Latest first. @default none */
  continueWatching?: readonly StartedTitle[];
  titles: readonly TitleCard[];
  /** Price of the cheapest plan, shown to visitors who are not signed in. @default not shown */
  from?: Price | undefined;
  notice?: string | undefined;
}

/** The catalogue. Visitors who are not signed in also see what Marquee is. */
export const homePage = (home: Home): Html => {
  const { viewer, featured, continueWatching = [], titles, notice } = home;
  return layout({
    title: viewer ? "Home" : "Films for the end of the day",
    user: viewer,
    here: "home",
    content: html`
      <section class="hero${viewer ? "" : " welcome"}" aria-labelledby="hero">
        ${backdropOf(featured)}
        <div class="hero-text">
          ${viewer ? heroOf(featured) : welcome(home)}
        </div>
      </section>
      <div class="shelves">
        ${noticeBox(notice)}
        ${
          continueWatching.length === 0
            ? ""
            : html`<section aria-labelledby="continue">
          <h2 id="continue">Continue watching</h2>
          ${continueRow(continueWatching)}
        </section>`
        }
        <section aria-labelledby="all">
          <h2 id="all">${viewer ? "All titles" : "Now showing"}</h2>
          ${posterGrid(titles)}
        </section>
      </div>`,
  });
};

const heroOf = (
  title: TitleCard,
) => html`<p class="eyebrow">Tonight on Marquee</p>
          <h1 id="hero">${title.name}</h1>
          <p class="lead">${title.tagline}</p>
          ${facts(title)}
          <div class="actions">
            <a class="button" href="${watchPath(title.id)}">${icons.play}Play<span class="hidden"> ${title.name}</span></a>
            <a class="button glass" href="${titlePath(title.id)}">${icons.info}More<span class="hidden"> about ${title.name}</span></a>
          </div>`;

const welcome = ({
  featured,
  from,
}: Home) => html`<p class="eyebrow">Films for the end of the day</p>
          <h1 id="hero">The lights go down. Your evening begins.</h1>
          <p class="lead">A small theatre of quiet, beautiful films, on every screen you have. Stop on one, go on with another.</p>
          <div class="actions">
            <a class="button large" href="/plans">Start watching</a>
            <a class="button glass large" href="/sign-in">Sign in</a>
          </div>
          <p class="fine">${from ? `From ${priceInWords(from)}. ` : ""}Cancel whenever you like.</p>
          <p class="showing">On screen: <a href="${titlePath(featured.id)}">${featured.name}</a></p>`;
