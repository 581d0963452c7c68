import {
  accessTokenVariables,
  bearer,
  createAccessTokens,
  databaseVariables,
  environment,
  openDatabase,
  serve,
} from "@marquee/service-kit";
import * as z from "zod";
import { createPayment } from "./app.ts";
import {
  configuredProcessor,
  processorVariables,
} from "./processors/from-environment.ts";
import { shortestSecret } from "./secrets.ts";
import { subscriptionTimes } from "./subscriptions/billing-settings.ts";
import { Duration } from "./subscriptions/durations.ts";

const aSecret = `expected ${shortestSecret} characters at least; \`openssl rand -base64 32\` makes them`;
const secret = z.string(aSecret).min(shortestSecret, aSecret);

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
  /** Protects the webhooks' secrets in the database, and what is kept there of requests. With another one, the program does not start. */
  KEY_ENCRYPTION_KEY: secret,
  /** What operators send as a bearer token. */
  OPERATOR_KEY: secret,
  /** How long the period of new subscriptions is, as an ISO 8601 duration. @default P1M */
  BILLING_PERIOD: Duration.default(subscriptionTimes.period),
  /** How long somebody whose renewal is not paid goes on watching, as an ISO 8601 duration. @default P7D */
  GRACE_PERIOD: Duration.default(subscriptionTimes.grace),
});

const database = openDatabase(variables, { name: "payment" });
const accessTokens = createAccessTokens({ issuer: ISSUER, jwksUrl: JWKS_URL });
const payment = createPayment({
  database,
  ...processor(),
  user: bearer<{ userId: string }>(accessTokens),
  formerUser: bearer<{ userId: string }>(accessTokens, {
    acceptDeletedAccount: true,
  }),
  keyEncryptionKey: KEY_ENCRYPTION_KEY,
  operatorKey: OPERATOR_KEY,
  times: { subscriptions: { period: BILLING_PERIOD, grace: GRACE_PERIOD } },
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

function processor() {
  try {
    return configuredProcessor(database, variables);
  } catch (error) {
    // The mistake is not in the program: its stack would only hide what to do.
    console.error(
      `This program can't start with the environment it got:\n  ${(error as Error).message}`,
    );
    process.exit(1);
  }
}
