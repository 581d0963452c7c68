import { join } from "node:path";
import { createApi, createService, migrate } from "@marquee/service-kit";
import type { Parts } from "./dependencies.ts";
import { checkEncryptionKey } from "./encryption-key.ts";
import { onError } from "./http/errors.ts";
import { createKeyed } from "./http/idempotency.ts";
import { createOperator, createUserOrOperator } from "./http/operator.ts";
import { paymentAnswers } from "./http/payment-responses.ts";
import { subscriptionAnswers } from "./http/subscription-responses.ts";
import { sweepKeys } from "./idempotency/purge.ts";
import { createPaymentMetrics, type PaymentMetrics } from "./metrics.ts";
import type { PaymentOptions } from "./options.ts";
import { createEndpoints } from "./outbox/endpoints.ts";
import { createOutboxMetrics } from "./outbox/metrics.ts";
import { createOutbox } from "./outbox/outbox.ts";
import { sweepOutbox } from "./outbox/purge.ts";
import { createPayments } from "./payments/payments.ts";
import { startRecovering } from "./payments/recovery-worker.ts";
import type { OnChange } from "./payments/settle.ts";
import { startSweeping } from "./purge-worker.ts";
import { entitlementRoutes } from "./routes/entitlements.ts";
import { eventRoutes } from "./routes/events.ts";
import { ledgerRoutes } from "./routes/ledger.ts";
import { payRoutes } from "./routes/pay.ts";
import { paymentRoutes } from "./routes/payments.ts";
import { planRoutes } from "./routes/plans.ts";
import { refundRoutes } from "./routes/refunds.ts";
import { subscriptionChangeRoutes } from "./routes/subscription-changes.ts";
import { subscriptionRoutes } from "./routes/subscriptions.ts";
import { webhookEndpointRoutes } from "./routes/webhook-endpoints.ts";
import { createRenewals } from "./subscriptions/renewal-worker.ts";
import { createSubscriptions } from "./subscriptions/subscriptions.ts";

const info = {
  title: "Marquee payment",
  version: "0.1.0",
  description:
    "What somebody pays: payments, refunds, subscriptions, and the book of them. Amounts are whole numbers of the currency's smallest unit. Every POST has an Idempotency-Key.",
  unavailable: true,
  securitySchemes: {
    bearer: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: "An access token of auth's.",
    },
    operator: {
      type: "http",
      scheme: "bearer",
      description: "What OPERATOR_KEY holds.",
    },
  },
} as const;

/** What the API answers, by what it is about. */
const routes = [
  ...[payRoutes, paymentRoutes, refundRoutes, ledgerRoutes],
  ...[planRoutes, subscriptionRoutes, subscriptionChangeRoutes],
  ...[entitlementRoutes, webhookEndpointRoutes, eventRoutes],
];

/** Payment: what somebody pays for. Routes: those of GET /openapi.json, and the processor's own. */
export function createPayment(options: PaymentOptions) {
  const { database, times } = options;
  let stops: (() => void | Promise<void>)[] = [];
  const service = createService({
    async onStart() {
      await migrate(database, join(import.meta.dirname, "migrations"));
      await checkEncryptionKey(database, options.keyEncryptionKey);
      stops = startWorking(options, parts);
    },
    async onShutdown() {
      await Promise.all(stops.map((stop) => stop()));
    },
  });
  const parts = partsOf(options, {
    payments: createPaymentMetrics(service.metrics),
    outbox: createOutboxMetrics(service.metrics, database),
  });

  const api = createApi(info);
  api.app.onError(onError);
  for (const add of routes) add(api, parts);
  // What is not said to be for caches is about somebody.
  service.app.use(async (c, next) => {
    await next();
    if (!c.res.headers.has("cache-control"))
      c.res.headers.set("cache-control", "no-store");
  });
  service.app.route("/", api.app);
  if (options.routes) service.app.route("/", options.routes(parts.payments));
  return { ...service, ...parts, times };
}

function partsOf(
  options: PaymentOptions,
  metrics: {
    payments: PaymentMetrics;
    outbox: ReturnType<typeof createOutboxMetrics>;
  },
): Parts {
  const { database, processor, user, keyEncryptionKey, operatorKey } = options;
  const { times, webhooks: rules, formerUser = user } = options;
  const subscriptions = createSubscriptions({
    processor,
    times: times?.subscriptions,
  });
  const onChange: OnChange = async (tx, payment) => {
    await subscriptions.onChange(tx, payment);
    metrics.payments.changed(payment);
  };
  return {
    database,
    payments: createPayments({
      database,
      processor,
      answers: { ...paymentAnswers, ...subscriptionAnswers },
      onChange,
      times: times?.payments,
    }),
    onChange,
    subscriptions,
    endpoints: createEndpoints(database, keyEncryptionKey, rules),
    outbox: createOutbox({
      ...{ database, keyEncryptionKey, rules },
      ...{ times: times?.outbox, metrics: metrics.outbox },
    }),
    user,
    operator: createOperator(operatorKey),
    userOrOperator: createUserOrOperator(operatorKey, user),
    formerUserOrOperator: createUserOrOperator(operatorKey, formerUser),
    keyed: createKeyed(keyEncryptionKey),
  };
}

/** Begins what goes on besides requests, each in all replicas at once. @returns what stops it */
function startWorking(
  { database, times, sweeps }: PaymentOptions,
  { payments, subscriptions, outbox }: Parts,
): (() => void | Promise<void>)[] {
  const every = times?.lookEvery;
  outbox.start();
  return [
    startRecovering(payments, every),
    createRenewals({ database, subscriptions, every }).start(),
    outbox.stop,
    startSweeping(database, {
      ...{ "idempotency keys": sweepKeys, events: sweepOutbox },
      ...sweeps,
    }),
  ];
}
