import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { deriveKey } from "../secrets.ts";

const algorithm = "aes-256-gcm";
const nonceLength = 12;
const tagLength = 16;

/** Encrypts webhook secrets under what KEY_ENCRYPTION_KEY holds: who reads the database alone can't sign. */
export interface SecretEncryption {
  /** The same for the same KEY_ENCRYPTION_KEY, and tells nothing about it. */
  id: string;
  /** @param endpointId what was encrypted as one endpoint's secret is not decrypted as another's */
  encrypt(secret: Buffer, endpointId: string): Buffer;
  /** @throws Error if it was not encrypted with this KEY_ENCRYPTION_KEY as this endpoint's, or was changed since */
  decrypt(bytes: Buffer, endpointId: string): Buffer;
}

/**
 * AES-256-GCM. Nonces are random, which is safe for 2^32 of them (NIST SP 800-38D, 8.3).
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
