import { join } from "node:path";
import {
  accessTokenVariables,
  createAccessTokens,
  databaseVariables,
  environment,
  openDatabase,
  serve,
  wholeNumber,
} from "@marquee/service-kit";
import * as z from "zod";
import { shortestKey } from "./access/playback-url.ts";
import { createStreaming } from "./app.ts";
import { configuredStore, mediaVariables } from "./media/configured.ts";
import { readScripts } from "./routes/assets.ts";

const anOrigin =
  "expected a URL such as http://auth-service:8081, without a path and without a slash at its end";
const origin = z.string(anOrigin).regex(/^https?:\/\/[^\s/?#@]+$/, anOrigin);
const aKey = `expected ${shortestKey} characters at least; \`openssl rand -base64 32\` makes them`;

const {
  PORT,
  ISSUER,
  JWKS_URL,
  AUTH_URL,
  PAYMENT_URL,
  PLAYBACK_KEY,
  PROCESSOR,
  TRUSTED_PROXIES,
  ...variables
} = environment({
  ...databaseVariables,
  ...accessTokenVariables,
  ...mediaVariables,
  /** Where auth is. */
  AUTH_URL: origin,
  /** Where payment is. */
  PAYMENT_URL: origin,
  /** Signs playback URLs; the same in every replica. With another one, those that there are end. */
  PLAYBACK_KEY: z.string(aKey).min(shortestKey, aKey),
  /** Payment's: with sandbox, forms show its test cards. @default stripe */
  PROCESSOR: z
    .enum(["sandbox", "stripe"], "expected sandbox or stripe")
    .default("stripe"),
  /** Proxies that each request comes through, and that write X-Forwarded-For. @default 0 */
  TRUSTED_PROXIES: wholeNumber(0, 5).default(0),
});

const database = openDatabase(variables, { name: "streaming" });
const streaming = createStreaming({
  database,
  store: store(),
  accessTokens: createAccessTokens({ issuer: ISSUER, jwksUrl: JWKS_URL }),
  authUrl: AUTH_URL,
  paymentUrl: PAYMENT_URL,
  playbackKey: PLAYBACK_KEY,
  scripts: await readScripts(join(import.meta.dirname, "browser")),
  trustedProxies: TRUSTED_PROXIES,
  testCards: PROCESSOR === "sandbox",
});
const end = async () => {
  await streaming.shutdown();
  await database.close();
};
serve(
  { ...streaming, shutdown: end },
  {
    port: PORT,
    keepAlive: { seconds: variables.KEEP_ALIVE_SECONDS },
  },
);

function store() {
  try {
    return configuredStore(variables, join(import.meta.dirname, "assets"));
  } catch (error) {
    // The mistake is not in the program: its stack would only hide what to do.
    console.error(
      `This program can't start with the environment it got:\n  ${(error as Error).message}`,
    );
    process.exit(1);
  }
}
