import { createHash, hkdfSync } from "node:crypto";

/** Minimum length of KEY_ENCRYPTION_KEY: 32 random hexadecimal digits are 128 bits. */
export const shortestSecret = 32;

/**
 * Derives a 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). Keys for different purposes reveal nothing about each
 * other.
 * @param secret the value of KEY_ENCRYPTION_KEY
 * @throws Error if the secret is too short
 */
export function deriveKey(secret: string, purpose: string): Buffer {
  if (secret.length < shortestSecret)
    throw new Error(
      `KEY_ENCRYPTION_KEY has ${secret.length} characters; it needs at least ${shortestSecret}. Generate one with \`openssl rand -base64 32\`.`,
    );
  const info = `marquee payment: ${purpose}`;
  return Buffer.from(hkdfSync("sha256", secret, "", info, 32));
}

/** For random or compared-only values. */
export const sha256 = (text: string): Buffer =>
  createHash("sha256").update(text).digest();
