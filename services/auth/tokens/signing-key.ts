import type { Queries } from "@marquee/service-kit";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from "jose";
import type { KeyEncryption } from "./key-encryption.ts";

/** ECDSA on P-256: supported by every JOSE library (Recommended+ in RFC 7518), with signatures of 64 bytes. */
export const algorithm = "ES256";

/** A public key in the JWKS (RFC 7517). */
export interface PublicJwk {
  kid: string;
  kty: "EC";
  crv: "P-256";
  x: string;
  y: string;
  alg: typeof algorithm;
  use: "sig";
}

/** A key in memory. */
export interface OpenedKey {
  kid: string;
  publicJwk: PublicJwk;
  publicKey: CryptoKey;
  /** undefined if it is encrypted with another KEY_ENCRYPTION_KEY or was modified. */
  privateKey: CryptoKey | undefined;
}

/** A key and its times, in milliseconds since 1970. */
export interface SigningKey extends OpenedKey {
  signsFrom: number;
  /** When its last token has expired. */
  expiresAt: number;
}

/** A row of signing_keys. */
export interface StoredKey {
  kid: string;
  publicJwk: JWK;
  privateJwk: Buffer;
  encryptionKeyId: string;
  signsFrom: Date;
  expiresAt: Date;
}

/** Reads the unexpired keys, newest first, and the database's time. */
export async function readKeys(queries: Queries) {
  const rows = await queries.query<
    { now: Date } & { [Column in keyof StoredKey]: StoredKey[Column] | null }
  >(
    `SELECT clock_timestamp() AS now, kid, public_jwk AS "publicJwk", private_jwk AS "privateJwk",
       encryption_key_id AS "encryptionKeyId", signs_from AS "signsFrom", expires_at AS "expiresAt"
     FROM (SELECT) AS always LEFT JOIN signing_keys ON expires_at > clock_timestamp()
     ORDER BY signs_from DESC, kid`,
  );
  const now = rows[0]?.now.getTime() as number; // the LEFT JOIN always returns a row
  const stored = rows.filter(({ kid }) => kid !== null) as StoredKey[];
  return { now, stored };
}

/** Generates and stores a key.
 * @param signsFrom milliseconds since 1970
 */
export async function storeNewKey(
  queries: Queries,
  encryption: KeyEncryption,
  signsFrom: number,
  expiresAt: number,
): Promise<void> {
  const pair = await generateKeyPair(algorithm, { extractable: true });
  const { kty, crv, x, y } = await exportJWK(pair.publicKey);
  const publicJwk = { kty, crv, x, y } as JWK;
  const kid = await calculateJwkThumbprint(publicJwk);
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey));
  await queries.query(
    `INSERT INTO signing_keys (kid, public_jwk, private_jwk, encryption_key_id, signs_from, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      kid,
      JSON.stringify(publicJwk),
      encryption.encrypt(privateJwk, kid),
      encryption.id,
      new Date(signsFrom),
      new Date(expiresAt),
    ],
  );
}

/** Imports a stored key.
 * @param onDecryptError called if a private key with the current encryption key's id can't be decrypted
 * @throws Error if the public key doesn't match its id
 */
export async function openKey(
  { kid, publicJwk, privateJwk, encryptionKeyId }: StoredKey,
  encryption: KeyEncryption,
  onDecryptError: (error: Error) => void,
): Promise<OpenedKey> {
  const { kty, crv, x, y } = publicJwk;
  if ((await calculateJwkThumbprint({ kty, crv, x, y } as JWK)) !== kid)
    throw new Error(`The public key ${kid} doesn't match its id.`);
  const published = {
    ...{ kty, crv, x, y },
    ...{ kid, alg: algorithm, use: "sig" },
  } as PublicJwk;
  let privateKey: CryptoKey | undefined;
  if (encryptionKeyId === encryption.id)
    try {
      const jwk = JSON.parse(encryption.decrypt(privateJwk, kid)) as JWK;
      privateKey = (await importJWK(jwk, algorithm, {
        extractable: false,
      })) as CryptoKey;
    } catch (error) {
      onDecryptError(error as Error);
    }
  return {
    kid,
    publicJwk: published,
    publicKey: (await importJWK(published, algorithm)) as CryptoKey,
    privateKey,
  };
}
