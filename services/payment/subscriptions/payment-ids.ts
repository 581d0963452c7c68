import { createHash } from "node:crypto";

/**
 * The id of the payment that a try to pay a period is: always the same one, so that nobody can pay it twice. A UUID of version 8
 * (RFC 9562, 5.8): milliseconds first, as in version 7, so that it is listed among the payments of its time; then a hash.
 * @param number the period's
 * @param attempt which try of it, from 1 on
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
  bytes.writeUIntBE(since.getTime(), 0, 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
