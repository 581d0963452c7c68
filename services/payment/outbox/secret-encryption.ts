import { createSealedBox, deriveKey } from "@marquee/service-kit";

/** Encrypts webhook secrets, so that read access to the database is not enough to sign webhooks. */
export interface SecretEncryption {
  /** Identifies KEY_ENCRYPTION_KEY without revealing anything about it. */
  id: string;
  /** @param endpointId binds the ciphertext to the endpoint */
  encrypt(secret: Buffer, endpointId: string): Buffer;
  /** @throws Error if it was encrypted with another key or for another endpoint, or was modified */
  decrypt(bytes: Buffer, endpointId: string): Buffer;
}

/** @throws Error if the key is too short */
export function createSecretEncryption(
  keyEncryptionKey: string,
): SecretEncryption {
  const { seal, open } = createSealedBox(
    deriveKey(keyEncryptionKey, "marquee payment: webhook secrets"),
  );
  return {
    id: deriveKey(
      keyEncryptionKey,
      "marquee payment: name of the encryption key",
    )
      .subarray(0, 16)
      .toString("base64url"),
    encrypt: seal,
    decrypt: open,
  };
}
