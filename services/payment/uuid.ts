import { randomBytes } from "node:crypto";

/** UUID version 7 (RFC 9562, 5.7): milliseconds, then 74 random bits. New rows stay adjacent in the index. */
export const uuidv7 = (now = Date.now()): string =>
  uuidWithTime(randomBytes(16), now, 7);

/**
 * Overwrites the first 48 bits with the time in milliseconds, and sets the version and variant bits (RFC 9562, 4).
 * @param bytes 16 bytes, changed in place
 */
export function uuidWithTime(
  bytes: Buffer,
  timeMs: number,
  version: 7 | 8,
): string {
  bytes.writeUIntBE(timeMs, 0, 6);
  bytes.writeUInt8((version << 4) | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes
    .toString("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
