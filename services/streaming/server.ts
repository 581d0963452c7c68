import { join } from "node:path";
import {
  accessTokenVariables,
  createAccessTokens,
  databaseVariables,
  environment,
  exitOnError,
  openDatabase,
  secret,
  serve,
  trustedProxies,
} from "@marquee/service-kit";
import * as z from "zod";
import { createStreaming } from "./app.ts";
import { mediaVariables, openMediaStore } from "./media/variables.ts";
import { readScripts } from "./routes/assets.ts";

const anOrigin =
  "expected a URL such as http://auth-service:8081, without a path or a trailing slash";
const origin = z.string(anOrigin).regex(/^https?:\/\/[^\s/?#@]+$/, anOrigin);

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
  /** URL of auth. */
  AUTH_URL: origin,
  /** URL of payment. */
  PAYMENT_URL: origin,
  /** Key that signs playback URLs, the same in every replica. Changing it invalidates all existing URLs. */
  PLAYBACK_KEY: secret,
  /** Payment's processor; with the sandbox, forms show its test cards. @default stripe */
  PROCESSOR: z
    .enum(["sandbox", "stripe"], "expected sandbox or stripe")
    .default("stripe"),
  /** Number of proxies in front of this service that write X-Forwarded-For. @default 0 */
  TRUSTED_PROXIES: trustedProxies,
});

const database = openDatabase(variables, { name: "streaming" });
const streaming = createStreaming({
  database,
  store: exitOnError(() =>
    openMediaStore(variables, join(import.meta.dirname, "assets")),
  ),
  accessTokens: createAccessTokens({ issuer: ISSUER, jwksUrl: JWKS_URL }),
  authUrl: AUTH_URL,
  paymentUrl: PAYMENT_URL,
  playbackKey: PLAYBACK_KEY,
  scripts: await readScripts(join(import.meta.dirname, "browser")),
  trustedProxies: TRUSTED_PROXIES,
  testCards: PROCESSOR === "sandbox",
});
const shutdown = async () => {
  await streaming.shutdown();
  await database.close();
};
serve(
  { ...streaming, shutdown },
  {
    port: PORT,
    keepAlive: { seconds: variables.KEEP_ALIVE_SECONDS },
  },
);
