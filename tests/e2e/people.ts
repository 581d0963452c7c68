import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { host } from "./environment.ts";

/** Streaming, as people outside of the cluster reach it. */
export const site = `http://${host}:30003`;

/** A file of streaming's that everybody may have, in parts as well. */
export const picture = `${site}/titles/northern-lights/backdrop`;

export const password = "a long sentence about nothing";

export interface Member {
  email: string;
  token: string;
  subscription: string;
}

const post = async (
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
) => {
  const response = await fetch(site + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `POST ${path}: ${response.status} ${text}`);
  return JSON.parse(text);
};

/** Makes an account and subscribes, all at streaming's origin. */
export async function newMember(): Promise<Member> {
  const email = `member-${randomUUID()}@example.com`;
  const { access_token: token } = await post("/api/auth/signup", {
    email,
    password,
  });
  const { id } = await post(
    "/api/payment/subscriptions",
    { plan: "basic", method: "pm_card_visa" },
    { authorization: `Bearer ${token}`, "idempotency-key": randomUUID() },
  );
  return { email, token, subscription: id };
}

/** A title's video as a signed URL, which needs nothing else. */
export async function videoOf(
  { token }: Member,
  title = "northern-lights",
): Promise<string> {
  const { url } = await post(
    `/playback/${title}`,
    {},
    { authorization: `Bearer ${token}` },
  );
  return site + url;
}
