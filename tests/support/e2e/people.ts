import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { host } from "./environment.ts";

/** Streaming's address outside of the cluster. */
export const site = `http://${host}:30003`;

/** A public file of streaming, which supports range requests. */
export const picture = `${site}/titles/northern-lights/backdrop`;

export const password = "a long sentence about nothing";

export interface Member {
  email: string;
  token: string;
  subscription: string;
}

const post = async (
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `POST ${url}: ${response.status} ${text}`);
  return JSON.parse(text);
};

/** Creates an account and subscribes, all at streaming's origin. @param origin of another stack's streaming */
export async function newMember(origin = site): Promise<Member> {
  const email = `member-${randomUUID()}@example.com`;
  const { access_token: token } = await post(`${origin}/api/auth/signup`, {
    email,
    password,
  });
  const { id } = await post(
    `${origin}/api/payment/subscriptions`,
    { plan: "basic", method: "pm_card_visa" },
    { authorization: `Bearer ${token}`, "idempotency-key": randomUUID() },
  );
  return { email, token, subscription: id };
}

/** Signs in at streaming's page; returns the session's cookie. */
export async function signIn(
  { email }: Pick<Member, "email">,
  origin = site,
): Promise<string> {
  const response = await fetch(`${origin}/sign-in`, {
    method: "POST",
    headers: { origin },
    body: new URLSearchParams({ email, password }),
    redirect: "manual",
  });
  assert.equal(response.status, 303, await response.text());
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

/** A signed URL of a title's video, which needs no token. */
export async function videoOf(
  { token }: Member,
  title = "northern-lights",
  origin = site,
): Promise<string> {
  const { url } = await post(
    `${origin}/playback/${title}`,
    {},
    { authorization: `Bearer ${token}` },
  );
  return origin + url;
}
