import { createSealedBox, deriveKey } from "@marquee/service-kit";

/** Encrypts private keys with KEY_ENCRYPTION_KEY, so that access to the database alone doesn't allow signing. */
export interface KeyEncryption {
  /** Identifies the KEY_ENCRYPTION_KEY without revealing it. */
  id: string;
  /** @param kid the key's id, which is authenticated: decrypting under another id fails */
  encrypt(text: string, kid: string): Buffer;
  /** @throws Error if it was encrypted with another KEY_ENCRYPTION_KEY or `kid`, or was modified */
  decrypt(bytes: Buffer, kid: string): string;
}

/** @throws Error if the secret is too short */
export function createKeyEncryption(secret: string): KeyEncryption {
  const box = createSealedBox(
    deriveKey(secret, "marquee auth: encryption of signing keys"),
  );
  return {
    id: deriveKey(secret, "marquee auth: name of the encryption key")
      .subarray(0, 16)
      .toString("base64url"),
    encrypt: (text, kid) => box.seal(Buffer.from(text), kid),
    decrypt: (bytes, kid) => box.open(bytes, kid).toString(),
  };
}
