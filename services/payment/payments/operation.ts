/**
 * The API operations whose response depends on the processor. The database stores these names with unanswered requests:
 * a name in use can't be changed.
 */
const operations = [
  "pay",
  "confirm",
  "cancel",
  "refund",
  "subscribe",
  "change subscription method",
] as const;

export type Operation = (typeof operations)[number];

/** @throws Error if another version of this service stored an operation that this one does not have */
export function parseOperation(stored: string): Operation {
  const operation = operations.find((name) => name === stored);
  if (operation) return operation;
  throw new Error(
    `The operation "${stored}" is unknown: another version of this service stored it, and only that one can respond to it.`,
  );
}
