import { AuthUnavailableError } from "@marquee/service-kit";
import * as z from "zod";
import { createJsonClient, type Fetch, UpstreamError } from "./json-client.ts";

/** The part of auth's API that this service uses. */
export interface AuthClient {
  /**
   * Exchanges a session cookie for an access token; undefined if the session has ended.
   * @throws AuthUnavailableError
   */
  accessTokenOf(cookie: string): Promise<string | undefined>;
  /** Whether the token's account still exists. @throws AuthUnavailableError */
  accountExists(token: string): Promise<boolean>;
  /** The account's email address; undefined if the response has none. @throws UpstreamError */
  emailOf(token: string): Promise<string | undefined>;
}

export interface AuthClientOptions {
  /** Auth's URL, without a trailing slash. */
  authUrl: string;
  /** @default globalThis.fetch */
  fetch?: Fetch | undefined;
  /** Timeout of each attempt. @default 2000 */
  timeoutMs?: number | undefined;
}

const TokenJson = z.object({ access_token: z.string() });
const MeJson = z.object({ email: z.string() });

export function createAuthClient({
  authUrl,
  fetch,
  timeoutMs = 2_000,
}: AuthClientOptions): AuthClient {
  const fetchJson = createJsonClient({ timeoutMs, retries: 1 }, fetch);
  const getMe = (token: string) =>
    fetchJson(`${authUrl}/me`, {
      headers: { authorization: `Bearer ${token}` },
    });

  return {
    async accessTokenOf(cookie) {
      const { status, body } = await fetchJson(`${authUrl}/session/token`, {
        method: "POST",
        headers: { cookie, accept: "application/json" },
      }).catch(throwUnavailable);
      if (status === 401) return undefined;
      const token = TokenJson.safeParse(body);
      if (status === 200 && token.success) return token.data.access_token;
      return throwUnavailable(
        new UpstreamError(
          `auth responded with ${status} to POST /session/token`,
        ),
      );
    },
    async accountExists(token) {
      const { status } = await getMe(token).catch(throwUnavailable);
      return status !== 401;
    },
    async emailOf(token) {
      const { body } = await getMe(token);
      return MeJson.safeParse(body).data?.email;
    },
  };
}

function throwUnavailable(cause: unknown): never {
  throw new AuthUnavailableError(cause);
}
