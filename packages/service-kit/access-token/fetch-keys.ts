import { type CryptoKey, importJWK, type JWK } from "jose";
import * as z from "zod";
import { type Fetch, fetchText, parseJson } from "./fetch-text.ts";

/** ECDSA on P-256, the only algorithm that auth signs with. */
export const algorithm = "ES256";

export interface FetchedKeys {
  /** By `kid`. Never empty. */
  keys: ReadonlyMap<string, CryptoKey>;
  /** Freshness per Cache-Control; 0 without it. */
  maxAgeSeconds: number;
}

/** Auth's JWKS has two or three keys of 230 bytes each. */
const maxBytes = 64 * 1024;

/** Keys of other types and for other uses are ignored (RFC 7517, 5). */
const Jwks = z.object({ keys: z.array(z.unknown()) });

/** Other members are dropped, such as `d` of a private key that was published by mistake. */
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
 * @param timeoutSeconds until the last byte
 * @throws Error that says what is wrong with the response
 */
export async function fetchKeys(
  url: string,
  { fetch, timeoutSeconds }: { fetch: Fetch; timeoutSeconds: number },
): Promise<FetchedKeys> {
  const accept = "application/jwk-set+json, application/json";
  const { text, headers } = await fetchText(url, {
    fetch,
    timeoutSeconds,
    maxBytes,
    accept,
  });
  return { keys: await keysOf(text, url), maxAgeSeconds: maxAgeOf(headers) };
}

async function keysOf(
  text: string,
  url: string,
): Promise<Map<string, CryptoKey>> {
  const jwks = Jwks.safeParse(parseJson(text));
  if (!jwks.success) throw new Error(`${url} did not respond with a JWK Set`);
  const keys = new Map<string, CryptoKey>();
  for (const given of jwks.data.keys) {
    const { data } = PublicKey.safeParse(given);
    const key = data && (await importKey(data));
    if (key && !keys.has(data.kid)) keys.set(data.kid, key);
  }
  // Auth always has a signing key: without one this is not auth's JWKS.
  if (keys.size === 0)
    throw new Error(
      `${url} responded with a JWK Set without a key for ${algorithm}`,
    );
  return keys;
}

/** undefined if the coordinates are not a point of the curve. */
const importKey = ({ kty, crv, x, y }: z.infer<typeof PublicKey>) =>
  importJWK({ kty, crv, x, y } satisfies JWK, algorithm).then(
    (key) => key as CryptoKey, // only symmetric keys are bytes
    () => undefined,
  );

/** RFC 9111, 5.2.2. s-maxage is for shared caches only. */
function maxAgeOf(headers: Headers): number {
  const directives = headers.get("cache-control") ?? "";
  if (/\bno-(store|cache)\b/i.test(directives)) return 0;
  return Number(/(?:^|[\s,])max-age="?(\d+)/i.exec(directives)?.[1] ?? 0);
}
