import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts and authenticates values for storage. A sealed value is the nonce, the ciphertext and the tag. */
export interface SealedBox {
  /** @param context such as a row's id: a value that was sealed for one context can't be opened for another */
  seal(plaintext: Buffer, context: string): Buffer;
  /** @throws Error if the value was sealed with another key or for another context, or was changed */
  open(sealed: Buffer, context: string): Buffer;
}

/**
 * AES-256-GCM with the context as associated data. Nonces are random, which is safe for 2^32 values per key
 * (NIST SP 800-38D, 8.3).
 * @param key 32 bytes
 */
export const createSealedBox = (key: Buffer): SealedBox => ({
  seal(plaintext, context) {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv(algorithm, key, nonce);
    cipher.setAAD(Buffer.from(context));
    const ciphertext = [cipher.update(plaintext), cipher.final()];
    return Buffer.concat([nonce, ...ciphertext, cipher.getAuthTag()]);
  },
  open(sealed, context) {
    const nonce = sealed.subarray(0, nonceBytes);
    const ciphertext = sealed.subarray(nonceBytes, sealed.length - tagBytes);
    const decipher = createDecipheriv(algorithm, key, nonce, {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  },
});
