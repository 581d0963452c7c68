import { importJWK, jwtVerify } from "jose";
import {
  createAccessTokens,
  openDatabase,
} from "../packages/service-kit/index.ts";
import { createPasswordHasher } from "../services/auth/passwords/password-hasher.ts";
import { createKeyring } from "../services/auth/tokens/keyring.ts";
import { createTokenIssuer } from "../services/auth/tokens/token-issuer.ts";
import { createDatabase, startServer } from "../tests/support/postgres.ts";
import { start } from "../tests/support/program.ts";
import { median, writeReport } from "./report.ts";

// Compares auth, over HTTP with PostgreSQL, with the operations that dominate its cost: hashing the password, and
// signing the token. Also compares token verification with and without revoked sessions. The sides take turns in one
// run, and the medians are compared.

const rounds = 5;
const seconds = 4;
const clients = 4;
const password = "a long sentence about nothing";
const issuer = "http://127.0.0.1:8081";
const KEY_ENCRYPTION_KEY = "a key for this benchmark only, not a secret";

/** Runs `work` repeatedly in `clients` concurrent loops for some seconds. @returns completions per second */
async function perSecond(work: () => Promise<unknown>): Promise<number> {
  let done = 0;
  const begin = performance.now();
  const end = begin + seconds * 1000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        await work();
        done++;
      }
    }),
  );
  return done / ((performance.now() - begin) / 1000);
}

const rows: string[] = [];
/** Measures two functions in turns. */
async function compare(
  what: string,
  ours: () => Promise<unknown>,
  than: string,
  bare: () => Promise<unknown>,
): Promise<void> {
  const rates: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    rates[0].push(await perSecond(ours));
    rates[1].push(await perSecond(bare));
  }
  const [our, their] = rates.map(median) as [number, number];
  const row = `| ${what} | ${our.toFixed(0)} | ${than} | ${their.toFixed(0)} | ${(our / their).toFixed(2)} |`;
  console.error(row);
  rows.push(row);
}

const { url } = await startServer();
const DATABASE_URL = await createDatabase(url);
const server = await start(
  "services/auth/server.ts",
  {},
  {
    PORT: "18081",
    DATABASE_URL,
    ISSUER: issuer,
    KEY_ENCRYPTION_KEY,
  },
);
await server.ready();
const post = async (path: string, email: string) => {
  const response = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
  return JSON.parse(text) as { access_token: string };
};
const email = "bench@example.com";
const { access_token } = await post("/signup", email);

const hasher = createPasswordHasher();
const hash = await hasher.hash(password);
await compare(
  "login: rate limits, password, session, tokens",
  () => post("/login", email),
  "Argon2id alone",
  () => hasher.verify(hash, password),
);

const database = openDatabase({
  DATABASE_URL,
  DATABASE_TLS: "off",
  DATABASE_CONNECTIONS: 5,
});
const keyring = createKeyring(database, {
  keyEncryptionKey: KEY_ENCRYPTION_KEY,
});
await keyring.load();
const tokens = createTokenIssuer(keyring, { issuer });
const [jwk] = keyring.jwks().keys;
const key = await importJWK(jwk as object, "ES256");
await compare(
  "verifying an access token",
  () => tokens.verify(access_token),
  "jose alone, with the key in memory",
  () =>
    jwtVerify(access_token, key, {
      algorithms: ["ES256"],
      typ: "at+jwt",
      issuer,
      audience: "marquee",
    }),
);

// The list after 11 minutes in which 15 sessions per second ended.
await database.query(
  `INSERT INTO revoked_sessions (session_id, account_deleted, expires_at)
   SELECT gen_random_uuid(), false, now() + interval '11 minutes' FROM generate_series(1, 10000)`,
);
const jwksUrl = `${server.url}/.well-known/jwks.json`;
const checking = createAccessTokens({ issuer, jwksUrl });
const notChecking = createAccessTokens({
  issuer,
  jwksUrl,
  fetch: async (url, init) =>
    url === jwksUrl ? fetch(url, init) : new Response(null, { status: 404 }),
});
await compare(
  "verifying in another service, with 10,000 revoked sessions",
  () => checking.verify(access_token),
  "the same without the list",
  () => notChecking.verify(access_token),
);

const get = async (url: string) => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return (await response.json()) as Record<string, unknown>;
};
const { cursor } = await get(`${server.url}/revocations`);
await compare(
  "GET /revocations without new entries, which each pod polls every 2 s",
  () => get(`${server.url}/revocations?after=${cursor}`),
  "GET /.well-known/jwks.json, from memory",
  () => get(jwksUrl),
);

writeReport(
  "auth.md",
  `; ${clients} concurrent clients, medians of ${rounds} turns of ${seconds} s`,
  `
| what | a second | than | a second | ratio |
|---|---|---|---|---|
${rows.join("\n")}
`,
);
await server.terminate();
process.exit(0);
