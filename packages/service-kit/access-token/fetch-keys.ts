import { type CryptoKey, importJWK, type JWK } from "jose"; // the JOSE library for JavaScript; it depends on nothing
import * as z from "zod";
import { type Fetch, fetchText, parsed } from "./fetch-text.ts";

/** ECDSA on P-256: the one algorithm that auth signs with. */
export const algorithm = "ES256";

export interface FetchedKeys {
  /** By `kid`; one at least. */
  keys: ReadonlyMap<string, CryptoKey>;
  /** Seconds that Cache-Control lets us keep them for; 0 if it says nothing of it. */
  maxAge: number;
}

/** Bytes of a JWKS at most. Auth's have two or three keys, of 230 bytes each. */
const sizeLimit = 64 * 1024;

/** A JWKS may have keys of other kinds and for other uses: they are ignored, as RFC 7517, 5 says. */
const Jwks = z.object({ keys: z.array(z.unknown()) });

/** Only these members are read: what else is there, a private key's `d` above all, is none of a verifier's business. */
const PublicKey = z.object({
  kid: z.string().min(1),
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  alg: z.literal(algorithm).optional(),
  use: z.literal("sig").optional(),
});

/**
 * Fetches a JWKS (RFC 7517).
 * @param timeout seconds, until the last byte is there
 * @throws Error that says what is wrong with the answer
 */
export async function fetchKeys(
  url: string,
  { fetch, timeout }: { fetch: Fetch; timeout: number },
): Promise<FetchedKeys> {
  const accept = "application/jwk-set+json, application/json";
  const { text, headers } = await fetchText(url, {
    ...{ fetch, timeout, sizeLimit, accept },
  });
  return { keys: await keysOf(text, url), maxAge: maxAgeOf(headers) };
}

async function keysOf(
  text: string,
  url: string,
): Promise<Map<string, CryptoKey>> {
  const jwks = Jwks.safeParse(parsed(text));
  if (!jwks.success)
    throw new Error(`${url} answered something else than a JWK Set`);
  const keys = new Map<string, CryptoKey>();
  for (const given of jwks.data.keys) {
    const { data } = PublicKey.safeParse(given);
    const key = data && (await imported(data));
    if (key && !keys.has(data.kid)) keys.set(data.kid, key);
  }
  // Auth always has a key that signs: without one this is not auth's JWKS.
  if (keys.size === 0)
    throw new Error(`${url} answered a JWK Set without a key for ${algorithm}`);
  return keys;
}

/** undefined if it is no point of the curve. */
const imported = ({ kty, crv, x, y }: z.infer<typeof PublicKey>) =>
  importJWK({ kty, crv, x, y } satisfies JWK, algorithm).then(
    (key) => key as CryptoKey, // bytes are what symmetric keys are
    () => undefined,
  );

/** RFC 9111, 5.2.2; s-maxage is for caches that many share. */
function maxAgeOf(headers: Headers): number {
  const directives = headers.get("cache-control") ?? "";
  if (/\bno-(store|cache)\b/i.test(directives)) return 0;
  return Number(/(?:^|[\s,])max-age="?(\d+)/i.exec(directives)?.[1] ?? 0);
}
