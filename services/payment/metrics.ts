import { Counter, type Registry } from "prom-client"; // Prometheus' own format and conventions
import type { Payment } from "./payments/payment.ts";

/** How a payment went on. */
const statuses = [
  "processing",
  "requires_action",
  "succeeded",
  "declined",
  "canceled",
] as const;

export interface PaymentMetrics {
  /** A payment has come to another status, if the transaction is committed. */
  changed(payment: Payment): void;
}

export function createPaymentMetrics(registry: Registry): PaymentMetrics {
  const registers = [registry];
  const payments = new Counter({
    name: "payment_payments_total",
    help: "Payments by the status that they came to",
    labelNames: ["status"] as const,
    registers,
  });
  // From the first scrape on, so that the first one is an increase.
  for (const status of statuses) payments.inc({ status }, 0);
  return {
    changed: ({ status }) => payments.inc({ status }),
  };
}
