import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { PaymentUnavailableError } from "../clients/errors.ts";
import type { Dependencies } from "../dependencies.ts";
import { flash } from "../http/flash.ts";
import {
  createPageApp,
  PageAccessError,
  showPage,
} from "../http/page-response.ts";
import { returnTo } from "../http/return-to.ts";
import type { Title } from "../media/catalogue.ts";
import type { CatalogueCache } from "../media/catalogue-cache.ts";
import { homePage } from "../pages/home.ts";
import type { Price } from "../pages/prices.ts";
import { titlePage } from "../pages/title.ts";
import type { TitleCard } from "../pages/title-card.ts";
import { watchPage } from "../pages/watch.ts";
import { listProgress } from "../progress/progress.ts";
import { resumePosition } from "./playback.ts";
import { picturePaths } from "./titles.ts";

/** GET /, /titles/:id and /watch/:id: the catalogue, a title, and the player. */
export function cataloguePages(dependencies: Dependencies) {
  const {
    catalogueCache,
    pageSessions,
    entitlements,
    playbackGrants,
    forwardedOf,
  } = dependencies;
  const app = createPageApp();

  const titleOf = async (c: Context): Promise<Title> => {
    const title = await catalogueCache.title(c.req.param("id") ?? "");
    if (!title) throw new PageAccessError("notFound");
    return title;
  };

  app.get("/", async (c) => {
    const session = await pageSessions.getIfAvailable(c);
    const { https } = forwardedOf(c);
    const next =
      session &&
      (returnTo.take(c, "step", https) ?? returnTo.take(c, "watch", https));
    const notice = flash.take(c, https);
    if (next) return c.redirect(next);
    const { featured, titles } = await catalogueCache.get();
    const cards = titles.map(cardOf);
    const first = cards.find(({ id }) => id === featured) ?? cards[0];
    if (!first) throw new PageAccessError("notFound");
    return showPage(
      c,
      homePage({
        viewer: session?.user,
        featured: first,
        titles: cards,
        notice,
        ...(session
          ? {
              continueWatching: await startedTitles(
                dependencies,
                session.userId,
                cards,
                c,
              ),
            }
          : { from: await cheapestPrice(dependencies, c) }),
      }),
    );
  });

  app.get("/titles/:id", async (c) => {
    const title = await titleOf(c);
    const session = await pageSessions.getIfAvailable(c);
    const position =
      (session &&
        (await resumePosition(dependencies, session.userId, title.id, c))) ??
      0;
    const entitled = session
      ? await entitlements.check(session).then(
          ({ entitled }) => entitled,
          (error) => {
            if (error instanceof PaymentUnavailableError)
              return "unknown" as const;
            throw error;
          },
        )
      : false;
    const viewer = session?.user;
    return showPage(
      c,
      titlePage({ viewer, title: titleDetails(title), position, entitled }),
    );
  });

  app.get("/watch/:id", async (c) => {
    const title = await titleOf(c);
    const session = await pageSessions.get(c);
    const granted = session && (await playbackGrants.grant(session, title.id));
    if (!granted) {
      returnTo.save(c, "watch", forwardedOf(c).https);
      throw new PageAccessError(session ? "notEntitled" : "notSignedIn");
    }
    const fromStart = c.req.query("from") === "start";
    const position = fromStart
      ? 0
      : await resumePosition(dependencies, session.userId, title.id, c);
    const playback = { ...granted, position };
    const next = await nextOf(catalogueCache, title.id);
    return showPage(
      c,
      watchPage({ title: titleDetails(title), playback, next }),
    );
  });

  return app;
}

const cardOf = (title: Title): TitleCard => {
  const { id, name, year, seconds, genre, tagline } = title;
  return {
    id,
    name,
    year,
    seconds,
    genre,
    tagline,
    ...picturePaths(title),
  };
};

/** Data of a title's page. */
const titleDetails = (title: Title) => ({
  ...cardOf(title),
  description: title.description,
});

/** The next title in the catalogue; after the last one, the first. */
async function nextOf(catalogueCache: CatalogueCache, id: string) {
  const { titles } = await catalogueCache.get();
  const at = titles.findIndex((title) => title.id === id);
  const next = titles[(at + 1) % titles.length];
  return next && next.id !== id ? cardOf(next) : undefined;
}

/** Titles that the viewer has started; none if they can't be looked up, because the catalogue is shown anyway. */
async function startedTitles(
  { database }: Dependencies,
  userId: string,
  cards: readonly TitleCard[],
  c: Context,
) {
  try {
    const begun = await listProgress(database, userId);
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
const pricesTimeoutMs = 300;

/** Price of the cheapest plan; undefined if payment does not answer in time. */
async function cheapestPrice(
  { payment }: Dependencies,
  c: Context,
): Promise<Price | undefined> {
  try {
    const late = sleep(pricesTimeoutMs, undefined, { ref: false });
    return (await Promise.race([payment.plans(), late]))?.[0];
  } catch (err) {
    c.get("log").warn({ err }, "can't show prices");
    return undefined;
  }
}
