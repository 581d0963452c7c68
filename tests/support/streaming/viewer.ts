import type { ServerResponse } from "node:http";
import { createAccessTokens } from "@marquee/service-kit";
import { useClock } from "../clock.ts";
import { claims, useIssuer } from "../service-kit/access-token.ts";
import { answer, useUpstream } from "./upstream.ts";
import { type ViewerAppOptions, viewerApp } from "./viewers.ts";

/** A session cookie's value, and the cookie without and with the __Host- prefix. */
export const session = "s".repeat(43);
export const plain = `marquee-session=${session}`;
export const host = `__Host-${plain}`;

/** Gives the calling suite a stand-in for auth, and services that identify viewers by it. */
export function useViewer() {
  const clock = useClock();
  const issuer = useIssuer();
  const auth = useUpstream();
  const { sub: userId } = claims("");
  let token = "";
  /** Makes auth exchange every session for this token. */
  async function signedIn(changes: Record<string, unknown> = {}) {
    token = await issuer.token(changes);
    auth.handler = (_, response) => gives(response);
    return token;
  }
  const gives = (response: ServerResponse) =>
    answer(response, 200, {
      ...{ access_token: token, token_type: "Bearer", expires_in: 600 },
    });
  const startApp = (options: Partial<ViewerAppOptions> = {}) =>
    viewerApp({
      authUrl: auth.url,
      accessTokens: createAccessTokens({ issuer: issuer.url }),
      timeoutMs: 10_000,
      ...options,
    });
  const sent = () => auth.requests.map(({ headers }) => headers.cookie);

  return { clock, issuer, auth, userId, signedIn, gives, startApp, sent };
}
