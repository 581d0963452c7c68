import { createHash, hkdfSync } from "node:crypto";

/** Characters that KEY_ENCRYPTION_KEY has at least: 32 random hexadecimal digits are 128 bits. */
export const shortestSecret = 32;

/**
 * A key of 32 bytes for one purpose (HKDF-SHA-256, RFC 5869), so that one secret serves several without one of them
 * telling about another.
 * @param secret what KEY_ENCRYPTION_KEY holds
 * @throws Error if it is too short to be a secret
 */
export function deriveKey(secret: string, purpose: string): Buffer {
  if (secret.length < shortestSecret)
    throw new Error(
      `KEY_ENCRYPTION_KEY has ${secret.length} characters; it needs ${shortestSecret} at least. \`openssl rand -base64 32\` makes one.`,
    );
  const info = `marquee payment: ${purpose}`;
  return Buffer.from(hkdfSync("sha256", secret, "", info, 32));
}

/** SHA-256: how what is random, or only compared, is kept in the database. */
export const sha256 = (text: string): Buffer =>
  createHash("sha256").update(text).digest();
