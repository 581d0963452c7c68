import { join } from "node:path";
import {
  createApi,
  createErrorPage,
  createService,
  type Database,
  logger,
  migrate,
  noStoreByDefault,
} from "@marquee/service-kit";
import { createAccounts } from "./accounts/accounts.ts";
import type { Dependencies } from "./dependencies.ts";
import {
  type ClientAddresses,
  createGetClientInfo,
} from "./http/client-info.ts";
import { createCookies } from "./http/cookies.ts";
import { onApiError } from "./http/errors.ts";
import { createAuthMetrics } from "./metrics.ts";
import {
  createPasswordHasher,
  type PasswordHasherOptions,
} from "./passwords/password-hasher.ts";
import { readPasswordRules } from "./passwords/password-rules.ts";
import { startPurgeWorker } from "./purge/purge-worker.ts";
import { createDeviceCookies } from "./rate-limits/device-cookie.ts";
import { createRateLimitedAccounts } from "./rate-limits/rate-limited-accounts.ts";
import {
  createRateLimiter,
  type defaultRateLimits,
} from "./rate-limits/rate-limiter.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { discoveryRoutes } from "./routes/discovery.ts";
import { oauthRoutes } from "./routes/oauth.ts";
import { pageRoutes } from "./routes/pages.ts";
import { revocationRoutes } from "./routes/revocations.ts";
import { loginRoutes } from "./routes/sessions.ts";
import {
  createSessions,
  defaultSessionTimeouts,
  type SessionTimeouts,
} from "./sessions/sessions.ts";
import { createKeyring, type KeyringTimes } from "./tokens/keyring.ts";
import { createTokenIssuer } from "./tokens/token-issuer.ts";

export interface AuthOptions {
  /** The caller opens and closes it. */
  database: Database;
  /** The `iss` of access tokens: the service's public URL, without a trailing slash. */
  issuer: string;
  /** Secret that encrypts the signing keys in the database. At least 32 characters. */
  keyEncryptionKey: string;
  /** Number of proxies in front of the service that append to X-Forwarded-For. @default 0 */
  trustedProxies?: number;
  /** Whether client addresses reach the service. If "hidden", no limit applies per network. @default preserved */
  clientAddresses?: ClientAddresses;
  /** @default the defaults of createPasswordHasher */
  hasher?: PasswordHasherOptions;
  /** @default keyringTimes */
  keyRotation?: Partial<KeyringTimes>;
  /** @default sessionTimes */
  sessionTimeouts?: Partial<SessionTimeouts>;
  /** @default limits */
  rateLimits?: Partial<typeof defaultRateLimits>;
}

const info = {
  title: "Marquee auth",
  version: "0.2.0",
  description:
    "Accounts, sessions, and access tokens that services verify themselves. The HTML pages start at `/` and `/sign-up`.",
  unavailable: true,
  securitySchemes: {
    bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    cookie: { type: "apiKey", in: "cookie", name: "__Host-marquee-session" },
  },
} as const;
const routes = [
  ...[accountRoutes, loginRoutes, oauthRoutes],
  ...[discoveryRoutes, revocationRoutes],
];

/** The auth service: accounts, sessions and access tokens, as a JSON API (GET /openapi.json) and as pages. */
export function createAuth(options: AuthOptions) {
  const { database, keyEncryptionKey } = options;
  const keyring = createKeyring(database, {
    keyEncryptionKey,
    ...options.keyRotation,
  });
  let stopPurging = async () => {};
  const service = createService({
    errorPage: createErrorPage({ home: "/", signIn: "/sign-in" }),
    async onStart() {
      await migrate(database, join(import.meta.dirname, "migrations"));
      await keyring.load();
      keyring.start();
      stopPurging = startPurgeWorker(database);
    },
    async onShutdown() {
      await stopPurging();
      await keyring.stop();
    },
  });

  const dependencies = createDependencies(
    options,
    keyring,
    createAuthMetrics(service.metrics),
  );
  const api = createApi(info);
  api.app.onError(onApiError);
  for (const add of routes) add(api, dependencies);
  service.app.use(noStoreByDefault);
  service.app.route("/", api.app);
  service.app.route("/", pageRoutes(dependencies));
  return service;
}

function createDependencies(
  { database, issuer, keyEncryptionKey, ...options }: AuthOptions,
  keyring: Dependencies["keyring"],
  metrics: ReturnType<typeof createAuthMetrics>,
): Dependencies {
  const times = { ...defaultSessionTimeouts, ...options.sessionTimeouts };
  const devices = createDeviceCookies(keyEncryptionKey);
  const { trustedProxies = 0, clientAddresses = "preserved" } = options;
  const clientOf = createGetClientInfo(trustedProxies, clientAddresses);
  return {
    database,
    issuer,
    accounts: createRateLimitedAccounts({
      accounts: createAccounts({
        database,
        hasher: metrics.instrumentHasher(createPasswordHasher(options.hasher)),
        rules: readPasswordRules(
          join(import.meta.dirname, "assets/common-passwords.txt"),
        ),
      }),
      rateLimiter: createRateLimiter(database, devices, options.rateLimits),
      metrics,
    }),
    sessions: createSessions(database, {
      timeouts: times,
      onReuse(sessionId) {
        metrics.countTokenReuse();
        logger.warn({ sessionId }, tokenReuseMessage);
      },
    }),
    keyring,
    accessTokens: createTokenIssuer(keyring, { issuer }),
    deviceCookies: devices,
    getClientInfo: clientOf,
    cookies: createCookies({
      getClientInfo: clientOf,
      sessionLifetimeSeconds: times.absoluteSeconds,
    }),
  };
}

const tokenReuseMessage =
  "a refresh token was reused, so a copy of it exists: the session was ended";
