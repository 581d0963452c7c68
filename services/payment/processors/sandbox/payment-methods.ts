import { randomBytes } from "node:crypto";
import type { Queries } from "@marquee/service-kit";
import type { Card, MethodSummary } from "../processor.ts";
import type { BehaviourName } from "./behaviours.ts";
import { cardsByToken, type TestCard } from "./cards.ts";
import { checkCard } from "./check-card.ts";

/** A tokenized card. */
export interface SandboxMethod extends MethodSummary {
  behaviour: BehaviourName;
}

/** Generated tokens have 128 random bits. */
const tokenPattern = /^pm_[0-9a-f]{32}$/;

const methodOfCard = (
  { brand, number, behaviour }: TestCard,
  token: string,
) => ({
  token,
  brand,
  last4: number.slice(-4),
  behaviour,
});

/**
 * Creates a token, and stores its summary and behaviour. The card itself is not stored.
 * @throws InvalidCardError
 */
export async function addMethod(
  queries: Queries,
  card: Card,
  now: Date,
): Promise<SandboxMethod> {
  const token = `pm_${randomBytes(16).toString("hex")}`;
  const method = methodOfCard(checkCard(card, now), token);
  await queries.query(
    "INSERT INTO sandbox_methods (token, brand, last4, behaviour) VALUES ($1, $2, $3, $4)",
    [token, method.brand, method.last4, method.behaviour],
  );
  return method;
}

/** Finds a public token, which anyone may use. */
export function publicMethod(token: string): SandboxMethod | undefined {
  const card = cardsByToken.get(token);
  return card && methodOfCard(card, token);
}

/** Finds the method of a token. */
export async function findMethod(
  queries: Queries,
  token: string,
): Promise<SandboxMethod | undefined> {
  const known = publicMethod(token);
  if (known || !tokenPattern.test(token)) return known;
  const [method] = await queries.query<SandboxMethod>(
    "SELECT token, brand, last4, behaviour FROM sandbox_methods WHERE token = $1",
    [token],
  );
  return method;
}
