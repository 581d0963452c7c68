import { createHash } from "node:crypto";
import { uuidWithTime } from "../uuid.ts";

/**
 * Derives the id of a billing attempt's payment, so that the same attempt can't be paid twice. A UUID version 8 (RFC
 * 9562, 5.8): milliseconds first, as in version 7, so that lists sort it by time; then a hash.
 * @param number the period's number
 * @param attempt the attempt's number, from 1 on
 * @param since when that period begins
 */
export function paymentIdOf(
  subscriptionId: string,
  number: number,
  attempt: number,
  since: Date,
): string {
  const bytes = createHash("sha256")
    .update(`${subscriptionId} ${number} ${attempt}`)
    .digest()
    .subarray(0, 16);
  return uuidWithTime(bytes, since.getTime(), 8);
}
