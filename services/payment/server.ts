import {
  accessTokenVariables,
  bearer,
  createAccessTokens,
  databaseVariables,
  environment,
  exitOnError,
  openDatabase,
  secret,
  serve,
} from "@marquee/service-kit";
import { createPayment } from "./app.ts";
import {
  processorFromEnvironment,
  processorVariables,
} from "./processors/from-environment.ts";
import { defaultBillingSettings } from "./subscriptions/billing-settings.ts";
import { Duration } from "./subscriptions/durations.ts";

const {
  PORT,
  ISSUER,
  JWKS_URL,
  KEY_ENCRYPTION_KEY,
  OPERATOR_KEY,
  BILLING_PERIOD,
  GRACE_PERIOD,
  ...variables
} = environment({
  ...databaseVariables,
  ...accessTokenVariables,
  ...processorVariables,
  /**
   * Encrypts webhook secrets, and keys the fingerprints of requests. The program refuses to start with a different one.
   */
  KEY_ENCRYPTION_KEY: secret,
  /** The operators' bearer token. */
  OPERATOR_KEY: secret,
  /** Billing period of new subscriptions, as an ISO 8601 duration. @default P1M */
  BILLING_PERIOD: Duration.default(defaultBillingSettings.period),
  /** How long users keep access after an unpaid renewal, as an ISO 8601 duration. @default P7D */
  GRACE_PERIOD: Duration.default(defaultBillingSettings.gracePeriod),
});

const database = openDatabase(variables, { name: "payment" });
const accessTokens = createAccessTokens({ issuer: ISSUER, jwksUrl: JWKS_URL });
const payment = createPayment({
  database,
  ...exitOnError(() => processorFromEnvironment(database, variables)),
  user: bearer<{ userId: string }>(accessTokens),
  formerUser: bearer<{ userId: string }>(accessTokens, {
    acceptDeletedAccount: true,
  }),
  keyEncryptionKey: KEY_ENCRYPTION_KEY,
  operatorKey: OPERATOR_KEY,
  times: {
    subscriptions: { period: BILLING_PERIOD, gracePeriod: GRACE_PERIOD },
  },
});
const shutdown = async () => {
  await payment.shutdown();
  await database.close();
};
serve(
  { ...payment, shutdown },
  {
    port: PORT,
    keepAlive: { seconds: variables.KEEP_ALIVE_SECONDS },
  },
);
