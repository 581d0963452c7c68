import { Counter, type Registry } from "prom-client";
import type { Payment } from "./payments/payment.ts";

/** The statuses that are counted. */
const statuses = [
  "processing",
  "requires_action",
  "succeeded",
  "declined",
  "canceled",
] as const;

export interface PaymentMetrics {
  /** Call this in the transaction that changes the payment's status. */
  statusChanged(payment: Payment): void;
}

export function createPaymentMetrics(registry: Registry): PaymentMetrics {
  const registers = [registry];
  const payments = new Counter({
    name: "payment_payments_total",
    help: "Status changes of payments, by the new status",
    labelNames: ["status"] as const,
    registers,
  });
  // Initialized to 0, so that rate() sees the first increase.
  for (const status of statuses) payments.inc({ status }, 0);
  return {
    statusChanged: ({ status }) => payments.inc({ status }),
  };
}
