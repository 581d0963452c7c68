import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { PaymentAway } from "../clients/errors.ts";
import type { Parts } from "../dependencies.ts";
import { keepAim, takeAim, toldByAuth } from "../http/browser.ts";
import { createPages, Refused, show } from "../http/page-response.ts";
import type { Title } from "../media/catalogue.ts";
import type { Programme } from "../media/catalogue-cache.ts";
import { homePage } from "../pages/home.ts";
import type { Price } from "../pages/prices.ts";
import { titlePage } from "../pages/title.ts";
import type { TitleCard } from "../pages/title-card.ts";
import { watchPage } from "../pages/watch.ts";
import { progressOf } from "../progress/progress.ts";
import { placeOf } from "./playback.ts";
import { picturesOf } from "./titles.ts";

/** GET /, /titles/:id and /watch/:id: the catalogue, a title, and the player. */
export function cataloguePages(parts: Parts) {
  const { programme, visitor, entitlements, grants, forwardedOf } = parts;
  const app = createPages();

  const titleOf = async (c: Context): Promise<Title> => {
    const title = await programme.title(c.req.param("id") ?? "");
    if (!title) throw new Refused("notFound");
    return title;
  };

  app.get("/", async (c) => {
    const visit = await visitor.maybe(c);
    const { https } = forwardedOf(c);
    const next =
      visit && (takeAim(c, "step", https) ?? takeAim(c, "watch", https));
    const notice = toldByAuth(c, https);
    if (next) return c.redirect(next);
    const { featured, titles } = await programme.catalogue();
    const cards = titles.map(cardOf);
    const first = cards.find(({ id }) => id === featured) ?? cards[0];
    if (!first) throw new Refused("notFound");
    return show(
      c,
      homePage({
        viewer: visit?.shown,
        featured: first,
        titles: cards,
        notice,
        ...(visit
          ? { continueWatching: await begunBy(parts, visit.userId, cards, c) }
          : { from: await cheapest(parts, c) }),
      }),
    );
  });

  app.get("/titles/:id", async (c) => {
    const title = await titleOf(c);
    const visit = await visitor.maybe(c);
    const position =
      (visit && (await placeOf(parts, visit.userId, title.id, c))) ?? 0;
    const entitled = visit
      ? await entitlements.of(visit).then(
          ({ entitled }) => entitled,
          (error) => {
            if (error instanceof PaymentAway) return "unknown" as const;
            throw error;
          },
        )
      : false;
    const viewer = visit?.shown;
    return show(
      c,
      titlePage({ viewer, title: shownOf(title), position, entitled }),
    );
  });

  app.get("/watch/:id", async (c) => {
    const title = await titleOf(c);
    const visit = await visitor.of(c);
    const granted = visit && (await grants.grant(visit, title.id));
    if (!granted) {
      keepAim(c, "watch", forwardedOf(c).https);
      throw new Refused(visit ? "notEntitled" : "notSignedIn");
    }
    const fromStart = c.req.query("from") === "start";
    const position = fromStart
      ? 0
      : await placeOf(parts, visit.userId, title.id, c);
    const playback = { ...granted, position };
    const next = await nextOf(programme, title.id);
    return show(c, watchPage({ title: shownOf(title), playback, next }));
  });

  return app;
}

const cardOf = (title: Title): TitleCard => {
  const { id, name, year, seconds, genre, tagline } = title;
  return {
    ...{ id, name, year, seconds, genre, tagline },
    ...picturesOf(title),
  };
};

/** What a title's own page shows. */
const shownOf = (title: Title) => ({
  ...cardOf(title),
  description: title.description,
});

/** The next title in the catalogue; after the last one, the first. */
async function nextOf(programme: Programme, id: string) {
  const { titles } = await programme.catalogue();
  const at = titles.findIndex((title) => title.id === id);
  const next = titles[(at + 1) % titles.length];
  return next && next.id !== id ? cardOf(next) : undefined;
}

/** Titles that the viewer has started; none if they can't be looked up, because the catalogue is shown anyway. */
async function begunBy(
  { database }: Parts,
  userId: string,
  cards: readonly TitleCard[],
  c: Context,
) {
  try {
    const begun = await progressOf(database, userId);
    return begun.flatMap(({ title, position }) => {
      const card = cards.find(({ id }) => id === title);
      return card ? [{ ...card, position }] : [];
    });
  } catch (err) {
    c.get("log").warn({ err }, "can't look up the started titles");
    return [];
  }
}

/** How long the front page waits for prices, which are slow only on their first read. */
const priceless = 300;

/** Price of the cheapest plan; undefined if payment does not answer in time. */
async function cheapest(
  { payment }: Parts,
  c: Context,
): Promise<Price | undefined> {
  try {
    const late = sleep(priceless, undefined, { ref: false });
    return (await Promise.race([payment.plans(), late]))?.[0];
  } catch (err) {
    c.get("log").warn({ err }, "can't show prices");
    return undefined;
  }
}
