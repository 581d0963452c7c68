import { createHash } from "node:crypto";
import {
  type AccessTokens,
  AuthAway,
  bearerTokenOf,
  InvalidToken,
  logger,
  SessionEnded,
} from "@marquee/service-kit";
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { LRUCache } from "lru-cache"; // a map that forgets what was not used for the longest time; it depends on nothing
import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type
import { createAsk, type Fetch, Unanswered } from "../origin/ask.ts";
import { createForwardedOf } from "../origin/forwarded.ts";

/** Who asks. */
export interface Viewer {
  /** Auth's id of the user: a UUID. */
  userId: string;
  /** An access token of theirs, to ask other services with. Never to be logged. */
  token: string;
}

export interface Viewers {
  /**
   * Who asks: by an access token in Authorization, else by the browser's session. Nobody: undefined.
   * @throws InvalidToken if the access token is none; AuthAway
   */
  of(c: Context): Promise<Viewer | undefined>;
  /** Asks auth anew the next time: who is signed in with this browser may be about to change. */
  forget(c: Context): void;
  /** Whether auth still has a viewer's account. @throws AuthAway */
  exists(viewer: Viewer): Promise<boolean>;
  /** A viewer's email address, to show it. undefined if auth does not tell it now: no page fails for that. */
  emailOf(viewer: Viewer): Promise<string | undefined>;
}

export interface ViewersOptions {
  /** Auth's URL, without a slash at its end. */
  authUrl: string;
  /** Verifies access tokens. */
  accessTokens: AccessTokens;
  /** Proxies that each request comes through before us. @default 0 */
  trustedProxies?: number;
  /** @default Node.js's own */
  fetch?: Fetch;
  /** @default viewerTimes */
  times?: Partial<typeof viewerTimes>;
}

/** Milliseconds. */
export const viewerTimes = {
  /** That each try to ask auth may take. */
  timeout: 2_000,
  /** That a session's access token is of use to others for at least, when it comes from the cache. */
  spare: 60_000,
  /** That a cookie of nobody's is kept: it won't be anybody's again. */
  nobody: 10_000,
};

const TokenJson = z.object({ access_token: z.string() });
const MeJson = z.object({ email: z.string() });

/**
 * Identifies the viewer of a request. Each session is looked up at auth once, and cached until it ends or until shortly
 * before its access token expires.
 */
export function createViewers({
  authUrl,
  accessTokens,
  trustedProxies = 0,
  fetch,
  times: given,
}: ViewersOptions): Viewers {
  const times = { ...viewerTimes, ...given };
  const ask = createAsk({ timeout: times.timeout, retries: 1 }, fetch);
  const forwardedOf = createForwardedOf(trustedProxies);
  const sessions = new LRUCache<string, Known>({ max: 10_000 });
  const emails = new LRUCache<string, string>({ max: 10_000, ttl: 600_000 });
  const flights = new Map<string, Promise<Viewer | undefined>>();

  async function viewerOf(cookie: string, key: string) {
    const token = await tokenOf(cookie);
    const verified = token === undefined ? undefined : await verify(token);
    if (token === undefined || !verified) return nobody(key);
    const { userId, sessionId, expiresAt } = verified;
    const viewer = { userId, token };
    const ttl = Math.floor(expiresAt.getTime() - Date.now() - times.spare);
    if (ttl > 0) sessions.set(key, { viewer, sessionId }, { ttl });
    return viewer;
  }

  function nobody(key: string): undefined {
    sessions.set(key, { viewer: undefined }, { ttl: times.nobody });
  }

  /** An access token for a session; undefined if it is nobody's. @throws AuthAway */
  async function tokenOf(cookie: string): Promise<string | undefined> {
    const { status, body } = await ask(`${authUrl}/session/token`, {
      method: "POST",
      headers: { cookie, accept: "application/json" },
    }).catch(away);
    if (status === 401) return undefined;
    const token = TokenJson.safeParse(body);
    if (status === 200 && token.success) return token.data.access_token;
    throw away(
      new Unanswered(`auth answered ${status} to POST /session/token`),
    );
  }

  /**
   * Returns the claims of a token that auth has just issued; undefined if its session has ended since. Any other
   * rejection means that auth has another ISSUER.
   * @throws AuthAway
   */
  const verify = (token: string) =>
    accessTokens.verify(token).catch((error) => {
      if (error instanceof SessionEnded) return undefined;
      if (!(error instanceof InvalidToken)) throw error;
      throw away(error);
    });

  return {
    async of(c) {
      const bearer = bearerTokenOf(c.req.header("authorization"));
      if (bearer !== undefined) {
        const { userId } = await accessTokens.verify(bearer);
        return { userId, token: bearer };
      }
      const cookie = sessionOf(c, forwardedOf(c).https);
      if (cookie === undefined) return undefined;
      const key = keyOf(cookie);
      const known = sessions.get(key);
      if (known && !known.viewer) return undefined;
      if (known?.viewer)
        return (await accessTokens.hasEnded(known.sessionId))
          ? nobody(key)
          : known.viewer;
      let flight = flights.get(key);
      if (!flight) {
        flight = viewerOf(cookie, key).finally(() => flights.delete(key));
        flights.set(key, flight);
      }
      return flight;
    },

    forget(c) {
      const cookie = sessionOf(c, forwardedOf(c).https);
      if (cookie !== undefined) sessions.delete(keyOf(cookie));
    },

    async exists({ token }) {
      const { status } = await ask(`${authUrl}/me`, {
        headers: { authorization: `Bearer ${token}` },
      }).catch(away);
      return status !== 401;
    },

    async emailOf({ userId, token }) {
      const known = emails.get(userId);
      if (known !== undefined) return known;
      try {
        const { body } = await ask(`${authUrl}/me`, {
          headers: { authorization: `Bearer ${token}` },
        });
        const me = MeJson.safeParse(body);
        if (me.success) emails.set(userId, me.data.email);
        return me.data?.email;
      } catch (err) {
        logger.warn({ err }, "an email address can't be shown");
        return undefined;
      }
    },
  };
}

type Known = { viewer: Viewer; sessionId: string } | { viewer: undefined };

/** Cookies are kept as hashes: who reads this process's memory signs in as nobody. */
const keyOf = (cookie: string) =>
  createHash("sha256").update(cookie).digest("base64url");

function away(cause: unknown): never {
  throw new AuthAway(cause);
}

/**
 * The cookie of a browser's session as auth is to get it, and no other. Where the connection is encrypted, only the one with
 * `__Host-`: another may have been set by another host.
 */
function sessionOf(c: Context, https: boolean): string | undefined {
  const names = ["__Host-marquee-session", "marquee-session"];
  for (const name of https ? names.slice(0, 1) : names) {
    const value = getCookie(c, name);
    if (value !== undefined && /^[\w.~+/=-]+$/.test(value))
      return `${name}=${value}`;
  }
  return undefined;
}
