import type { Queries } from "@marquee/service-kit";
import { uuidv7 } from "../uuidv7.ts";
import type { EventType } from "./event-types.ts";

/** Something that happened, for those who want to know. */
export interface NewEvent {
  type: EventType;
  /** What consumers get as `data`: JSON, in which amounts may be bigint. Nothing in it is secret: no card, no token. */
  data: Record<string, unknown>;
}

/**
 * Writes an event down in the caller's transaction: it is delivered if that commits, and never was if it does not. One
 * INSERT; which endpoints it goes to is found out afterwards, by the delivery loop of any replica.
 * @throws RangeError if an amount is beyond 2^53-1, which JSON's readers would round; DatabaseUnavailableError
 */
export async function emit(tx: Queries, event: NewEvent): Promise<void> {
  await tx.query("INSERT INTO events (id, type, data) VALUES ($1, $2, $3)", [
    uuidv7(),
    event.type,
    JSON.stringify(event.data, wholeNumbers),
  ]);
}

function wholeNumbers(key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(
    `An event's ${key} is ${value}: JSON carries whole numbers up to 2^53-1 only.`,
  );
}
