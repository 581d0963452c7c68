import { createHash, hkdfSync } from "node:crypto";

/** 32 random hexadecimal digits are 128 bits. */
export const minSecretLength = 32;

/**
 * Derives a 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). One secret can serve several purposes: no derived key
 * reveals another one or the secret.
 * @param info the service and the purpose, such as `marquee auth: device cookies`
 * @param variable the environment variable that holds the secret, for the error message
 * @throws Error if the secret is shorter than minSecretLength
 */
export function deriveKey(
  secret: string,
  info: string,
  variable = "KEY_ENCRYPTION_KEY",
): Buffer {
  if (secret.length < minSecretLength)
    throw new Error(
      `${variable} has ${secret.length} characters; it needs at least ${minSecretLength}. \`openssl rand -base64 32\` generates one.`,
    );
  return Buffer.from(hkdfSync("sha256", secret, "", info, 32));
}

/** Hashes tokens and other high-entropy values. Passwords need a slow hash. */
export const sha256 = (text: string): Buffer =>
  createHash("sha256").update(text).digest();
