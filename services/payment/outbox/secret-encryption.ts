import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { deriveKey } from "../secrets.ts";

const algorithm = "aes-256-gcm";
const nonceLength = 12;
const tagLength = 16;

/** Encrypts webhook secrets, so that read access to the database is not enough to sign webhooks. */
export interface SecretEncryption {
  /** Identifies KEY_ENCRYPTION_KEY without revealing anything about it. */
  id: string;
  /** @param endpointId binds the ciphertext to the endpoint */
  encrypt(secret: Buffer, endpointId: string): Buffer;
  /** @throws Error if it was encrypted with another key or for another endpoint, or was modified */
  decrypt(bytes: Buffer, endpointId: string): Buffer;
}

/**
 * AES-256-GCM with random nonces, which is safe for 2^32 encryptions per key (NIST SP 800-38D, 8.3).
 * @throws Error if the key is too short
 */
export function createSecretEncryption(
  keyEncryptionKey: string,
): SecretEncryption {
  const key = deriveKey(keyEncryptionKey, "webhook secrets");
  return {
    id: deriveKey(keyEncryptionKey, "name of the encryption key")
      .subarray(0, 16)
      .toString("base64url"),
    encrypt(secret, endpointId) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv(algorithm, key, nonce);
      cipher.setAAD(Buffer.from(endpointId));
      const encrypted = [cipher.update(secret), cipher.final()];
      return Buffer.concat([nonce, ...encrypted, cipher.getAuthTag()]);
    },
    decrypt(bytes, endpointId) {
      const nonce = bytes.subarray(0, nonceLength);
      const tag = bytes.subarray(bytes.length - tagLength);
      const encrypted = bytes.subarray(nonceLength, bytes.length - tagLength);
      const decipher = createDecipheriv(algorithm, key, nonce, {
        authTagLength: tagLength,
      });
      decipher.setAAD(Buffer.from(endpointId));
      decipher.setAuthTag(tag);
      return Buffer.concat([decipher.update(encrypted), decipher.final()]);
    },
  };
}
