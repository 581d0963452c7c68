import { randomBytes } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { Card, MethodSummary } from "../processor.ts";
import type { BehaviourName } from "./behaviours.ts";
import { cardsByToken, type TestCard } from "./cards.ts";
import { checkCard } from "./check-card.ts";

/** A token that stands for a card. */
export interface Method extends MethodSummary {
  behaviour: BehaviourName;
}

/** Ours: 128 random bits. */
const isToken = /^pm_[0-9a-f]{32}$/;

const ofCard = ({ brand, number, behaviour }: TestCard, token: string) => ({
  token,
  brand,
  last4: number.slice(-4),
  behaviour,
});

/**
 * Makes a token for a card, and keeps what people see of the card and what it does; the card itself is forgotten.
 * @throws CardRefused
 */
export async function addMethod(
  queries: Queries,
  card: Card,
  now: Date,
): Promise<Method> {
  const token = `pm_${randomBytes(16).toString("hex")}`;
  const method = ofCard(checkCard(card, now), token);
  await queries.query(
    "INSERT INTO sandbox_methods (token, brand, last4, behaviour) VALUES ($1, $2, $3, $4)",
    [token, method.brand, method.last4, method.behaviour],
  );
  return method;
}

/** A method that everybody may use. */
export function knownMethod(token: string): Method | undefined {
  const card = cardsByToken.get(token);
  return card && ofCard(card, token);
}

/** The method of a token; undefined if there is none. */
export async function findMethod(
  queries: Queries,
  token: string,
): Promise<Method | undefined> {
  const known = knownMethod(token);
  if (known || !isToken.test(token)) return known;
  const [method] = await queries.query<Method>(
    "SELECT token, brand, last4, behaviour FROM sandbox_methods WHERE token = $1",
    [token],
  );
  return method;
}
