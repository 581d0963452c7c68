import { join } from "node:path";
import {
  createApi,
  createService,
  migrate,
  noStoreByDefault,
} from "@marquee/service-kit";
import type { Dependencies } from "./dependencies.ts";
import { checkEncryptionKey } from "./encryption-key.ts";
import { onError } from "./http/errors.ts";
import { createIdempotency } from "./http/idempotency.ts";
import { createOperator, createUserOrOperator } from "./http/operator.ts";
import { paymentResponses } from "./http/payment-responses.ts";
import { subscriptionResponses } from "./http/subscription-responses.ts";
import { purgeIdempotencyKeys } from "./idempotency/purge.ts";
import { createPaymentMetrics, type PaymentMetrics } from "./metrics.ts";
import type { PaymentOptions } from "./options.ts";
import { createEndpoints } from "./outbox/endpoints.ts";
import { createOutboxMetrics } from "./outbox/metrics.ts";
import { createOutbox } from "./outbox/outbox.ts";
import { purgeOutbox } from "./outbox/purge.ts";
import { createPayments } from "./payments/payments.ts";
import { startRecoveryWorker } from "./payments/recovery-worker.ts";
import type { OnChange } from "./payments/settle.ts";
import { startPurging } from "./purge-worker.ts";
import { entitlementRoutes } from "./routes/entitlements.ts";
import { eventRoutes } from "./routes/events.ts";
import { ledgerRoutes } from "./routes/ledger.ts";
import { payRoutes } from "./routes/pay.ts";
import { paymentChangeRoutes } from "./routes/payment-changes.ts";
import { paymentRoutes } from "./routes/payments.ts";
import { planRoutes } from "./routes/plans.ts";
import { refundRoutes } from "./routes/refunds.ts";
import { subscriptionChangeRoutes } from "./routes/subscription-changes.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { webhookEndpointActionRoutes } from "./routes/webhook-endpoint-actions.ts";
import { webhookEndpointRoutes } from "./routes/webhook-endpoints.ts";
import { createRenewalWorker } from "./subscriptions/renewal-worker.ts";
import { createSubscriptions } from "./subscriptions/subscriptions.ts";

const info = {
  title: "Marquee payment",
  version: "0.2.0",
  description:
    "Payments, refunds, subscriptions and the ledger. Amounts are integers in the currency's smallest unit. Every POST requires an Idempotency-Key.",
  unavailable: true,
  securitySchemes: {
    bearer: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: "An access token issued by auth.",
    },
    operator: {
      type: "http",
      scheme: "bearer",
      description: "The value of OPERATOR_KEY.",
    },
  },
} as const;

const routes = [
  payRoutes,
  paymentRoutes,
  paymentChangeRoutes,
  refundRoutes,
  ledgerRoutes,
  planRoutes,
  subscriptionRoutes,
  subscriptionChangeRoutes,
  entitlementRoutes,
  webhookEndpointRoutes,
  webhookEndpointActionRoutes,
  eventRoutes,
];

/** The payment service: the routes of GET /openapi.json, and those that the processor adds. */
export function createPayment(options: PaymentOptions) {
  const { database, times } = options;
  let stops: (() => Promise<void>)[] = [];
  const service = createService({
    async onStart() {
      await migrate(database, join(import.meta.dirname, "migrations"));
      await checkEncryptionKey(database, options.keyEncryptionKey);
      stops = startWorkers(options, dependencies);
    },
    async onShutdown() {
      await Promise.all(stops.map((stop) => stop()));
    },
  });
  const dependencies = createDependencies(options, {
    payments: createPaymentMetrics(service.metrics),
    outbox: createOutboxMetrics(service.metrics, database),
  });

  const api = createApi(info);
  api.app.onError(onError);
  for (const add of routes) add(api, dependencies);
  service.app.use(noStoreByDefault);
  service.app.route("/", api.app);
  if (options.routes)
    service.app.route("/", options.routes(dependencies.payments));
  return { ...service, ...dependencies, times };
}

function createDependencies(
  options: PaymentOptions,
  metrics: {
    payments: PaymentMetrics;
    outbox: ReturnType<typeof createOutboxMetrics>;
  },
): Dependencies {
  const { database, processor, user, keyEncryptionKey, operatorKey } = options;
  const { times, webhooks: rules, formerUser = user } = options;
  const subscriptions = createSubscriptions({
    processor,
    settings: times?.subscriptions,
  });
  const onChange: OnChange = async (tx, payment) => {
    await subscriptions.onChange(tx, payment);
    metrics.payments.statusChanged(payment);
  };
  return {
    database,
    payments: createPayments({
      database,
      processor,
      responses: { ...paymentResponses, ...subscriptionResponses },
      onChange,
      times: times?.payments,
    }),
    onChange,
    subscriptions,
    endpoints: createEndpoints(database, keyEncryptionKey, rules),
    outbox: createOutbox({
      database,
      keyEncryptionKey,
      rules,
      times: times?.outbox,
      metrics: metrics.outbox,
    }),
    user,
    operator: createOperator(operatorKey),
    userOrOperator: createUserOrOperator(operatorKey, user),
    formerUserOrOperator: createUserOrOperator(operatorKey, formerUser),
    idempotent: createIdempotency(keyEncryptionKey),
  };
}

/** Starts the background workers. Every replica runs all of them. @returns functions that stop them */
function startWorkers(
  { database, times, purges }: PaymentOptions,
  { payments, subscriptions, outbox }: Dependencies,
): (() => Promise<void>)[] {
  const pollMs = times?.pollMs;
  outbox.start();
  return [
    startRecoveryWorker(payments, pollMs),
    createRenewalWorker({ database, subscriptions, pollMs }).start(),
    outbox.stop,
    startPurging(database, {
      "idempotency keys": purgeIdempotencyKeys,
      events: purgeOutbox,
      ...purges,
    }),
  ];
}
