import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { deriveKey } from "../secrets.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts private keys with KEY_ENCRYPTION_KEY, so that access to the database alone doesn't allow signing. */
export interface KeyEncryption {
  /** Identifies the KEY_ENCRYPTION_KEY without revealing it. */
  id: string;
  /** @param kid the key's id, which is authenticated: decrypting under another id fails */
  encrypt(text: string, kid: string): Buffer;
  /** @throws Error if it was encrypted with another KEY_ENCRYPTION_KEY or `kid`, or was modified */
  decrypt(bytes: Buffer, kid: string): string;
}

/**
 * AES-256-GCM. Random nonces are safe for 2^32 encryptions (NIST SP 800-38D, 8.3); this makes one a month.
 * @throws Error if the secret is too short
 */
export function createKeyEncryption(secret: string): KeyEncryption {
  const key = deriveKey(secret, "encryption of signing keys");
  const id = deriveKey(secret, "name of the encryption key")
    .subarray(0, 16)
    .toString("base64url");

  return {
    id,
    encrypt(text, kid) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce);
      cipher.setAAD(Buffer.from(kid));
      const encrypted = [cipher.update(text, "utf8"), cipher.final()];
      return Buffer.concat([nonce, ...encrypted, cipher.getAuthTag()]);
    },
    decrypt(bytes, kid) {
      const nonce = bytes.subarray(0, nonceBytes);
      const tag = bytes.subarray(bytes.length - tagBytes);
      const encrypted = bytes.subarray(nonceBytes, bytes.length - tagBytes);
      const decipher = createDecipheriv(algorithm, key, nonce, {
        authTagLength: tagBytes,
      });
      decipher.setAAD(Buffer.from(kid));
      decipher.setAuthTag(tag);
      return (
        decipher.update(encrypted, undefined, "utf8") + decipher.final("utf8")
      );
    },
  };
}
