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
import { LRUCache } from "lru-cache";
import * as z from "zod";
import {
  createJsonClient,
  type Fetch,
  UpstreamError,
} from "../clients/json-client.ts";
import { createForwardedOf } from "../http/forwarded.ts";

/** The user who makes a request. */
export interface Viewer {
  /** Auth's user id: a UUID. */
  userId: string;
  /** The user's access token, for requests to other services. Must not be logged. */
  token: string;
}

export interface Viewers {
  /**
   * Identifies the viewer by the access token in Authorization, otherwise by the session cookie; undefined if there is
   * neither or the session has ended.
   * @throws InvalidTokenError; AuthUnavailableError
   */
  of(c: Context): Promise<Viewer | undefined>;
  /** Drops the cached session of this browser: it is about to change. */
  forget(c: Context): void;
  /** Whether the viewer's account still exists. @throws AuthUnavailableError */
  exists(viewer: Viewer): Promise<boolean>;
  /** The viewer's email address for display; undefined if auth can't tell now, because no page should fail for that. */
  emailOf(viewer: Viewer): Promise<string | undefined>;
}

export interface ViewersOptions {
  /** Auth's URL, without a trailing slash. */
  authUrl: string;
  /** Verifies access tokens. */
  accessTokens: AccessTokens;
  /** Number of proxies that each request passes before it arrives here. @default 0 */
  trustedProxies?: number;
  /** @default globalThis.fetch */
  fetch?: Fetch;
  /** @default viewerTimes */
  times?: Partial<typeof viewerTimes>;
}

/** Milliseconds. */
export const viewerTimes = {
  /** Timeout of each attempt to call auth. */
  timeout: 2_000,
  /** Remaining lifetime that a cached access token has at least, so that other services accept it. */
  spare: 60_000,
  /** How long an invalid session cookie is cached: it never becomes valid again. */
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
  const ask = createJsonClient({ timeoutMs: times.timeout, retries: 1 }, fetch);
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

  /**
   * Exchanges a session cookie for an access token; undefined if the session has ended.
   * @throws AuthUnavailableError
   */
  async function tokenOf(cookie: string): Promise<string | undefined> {
    const { status, body } = await ask(`${authUrl}/session/token`, {
      method: "POST",
      headers: { cookie, accept: "application/json" },
    }).catch(away);
    if (status === 401) return undefined;
    const token = TokenJson.safeParse(body);
    if (status === 200 && token.success) return token.data.access_token;
    throw away(
      new UpstreamError(`auth answered ${status} to POST /session/token`),
    );
  }

  /**
   * Returns the claims of a token that auth has just issued; undefined if its session has ended since. Any other
   * rejection means that auth's ISSUER differs from ours.
   * @throws AuthUnavailableError
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
        logger.warn({ err }, "can't look up a viewer's email address");
        return undefined;
      }
    },
  };
}

type Known = { viewer: Viewer; sessionId: string } | { viewer: undefined };

/** Cookies are stored as hashes, so that a memory dump contains no usable session. */
const keyOf = (cookie: string) =>
  createHash("sha256").update(cookie).digest("base64url");

function away(cause: unknown): never {
  throw new AuthAway(cause);
}

/**
 * The session cookie in the form that auth expects, without other cookies. Over HTTPS only the one with the `__Host-`
 * prefix counts: other hosts of the domain could have set the unprefixed one.
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
