import type { Queries } from "@marquee/service-kit";
import { uuidv7 } from "../uuid.ts";
import type { EventType } from "./event-types.ts";

export interface NewEvent {
  type: EventType;
  /**
   * The `data` that consumers receive: JSON, in which amounts may be bigint. Must not contain secrets, card numbers or
   * tokens.
   */
  data: Record<string, unknown>;
}

/**
 * Stores an event in the caller's transaction, with a single INSERT: the event is delivered if and only if the
 * transaction commits. Any replica's outbox assigns it to endpoints later.
 * @throws RangeError if an amount exceeds 2^53-1, which JSON parsers would round; DatabaseUnavailableError
 */
export async function emit(tx: Queries, event: NewEvent): Promise<void> {
  await tx.query("INSERT INTO events (id, type, data) VALUES ($1, $2, $3)", [
    uuidv7(),
    event.type,
    JSON.stringify(event.data, toSafeNumber),
  ]);
}

function toSafeNumber(key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  const number = Number(value);
  if (Number.isSafeInteger(number)) return number;
  throw new RangeError(
    `An event's ${key} is ${value}: JSON carries whole numbers up to 2^53-1 only.`,
  );
}
