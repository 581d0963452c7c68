import { type Database, logger } from "@marquee/service-kit";
import type { ClaimedDelivery } from "./claim.ts";
import { type DeliveryResponse, httpPost } from "./http-post.ts";
import type { DeliveryOutcome, OutboxMetrics } from "./metrics.ts";
import {
  type DeliveryResult,
  disableEndpoint,
  pauseEndpoint,
  recordDelivery,
} from "./record-delivery.ts";
import { nextDelayMs, parseRetryAfterMs } from "./retry-schedule.ts";
import type { SecretEncryption } from "./secret-encryption.ts";
import { signatures } from "./signature.ts";
import { safeLookup, type UrlRules, urlError } from "./ssrf-guard.ts";

export interface DeliveryTimes {
  /** Time limit for an endpoint's response. @default 10 s */
  responseTimeoutMs: number;
  /** From each failed attempt to the next. @default retryDelaysMs of retry-schedule.ts */
  retryDelaysMs: readonly number[];
  /** Upper limit for an endpoint's Retry-After. @default 1 hour */
  maxRetryAfterMs: number;
}

export interface DeliverOptions {
  database: Database;
  encryption: SecretEncryption;
  rules: UrlRules;
  times: DeliveryTimes;
  metrics: OutboxMetrics;
  /** Aborts attempts at once, without recording them. */
  signal: AbortSignal;
}

/**
 * Creates a function that makes one attempt at a claimed delivery: it signs, sends, and records the result. It throws
 * DatabaseUnavailableError if the result can't be recorded; the delivery is then repeated once its lease expires.
 */
export function createDeliver(options: DeliverOptions) {
  const { database, rules, times, metrics, signal } = options;
  const lookup = safeLookup(rules);

  async function send(delivery: ClaimedDelivery): Promise<DeliveryResponse> {
    // Check again: the rules may have changed since the endpoint was added, and IP literals never reach safeLookup.
    const error = urlError(delivery.url, rules);
    if (error) throw new Error(`its URL ${error}`);
    const timestamp = Math.floor(Date.now() / 1000);
    const body = bodyOf(delivery);
    const { eventId: id } = delivery;
    const secrets = decryptSecrets(delivery, options.encryption);
    const headers = {
      "content-type": "application/json",
      "user-agent": "Marquee-Webhooks/1",
      "webhook-id": id,
      "webhook-timestamp": `${timestamp}`,
      "webhook-signature": signatures(secrets, { id, timestamp, body }),
    };
    return httpPost(new URL(delivery.url), headers, body, {
      timeoutMs: times.responseTimeoutMs,
      signal,
      lookup,
    });
  }

  async function record(
    delivery: ClaimedDelivery,
    result: DeliveryResult,
    retryAfterMs: number,
  ) {
    const { tries, id: deliveryId, endpointId, eventId, attempts } = delivery;
    const delayMs = nextDelayMs(times.retryDelaysMs, tries, retryAfterMs);
    if (result.status === 410) await disableEndpoint(database, delivery);
    if (retryAfterMs > 0) await pauseEndpoint(database, delivery, retryAfterMs);
    const outcome = outcomeOf(result, delayMs);
    const { status, error } = result;
    const fields = { deliveryId, endpointId, eventId, attempts, status, error };
    if (!(await recordDelivery(database, delivery, result, delayMs)))
      logger.warn(fields, "the attempt took longer than its lease");
    else if (outcome === "dead")
      logger.error(fields, "gave up a webhook delivery; it can be redelivered");
    else if (outcome === "gone")
      logger.warn(
        fields,
        "disabled a webhook endpoint that responded with 410",
      );
    else logger.debug(fields, outcome);
    metrics.attempted(outcome);
  }

  return async (delivery: ClaimedDelivery): Promise<void> => {
    const response = await send(delivery).catch((error: Error) => error);
    if (!(response instanceof Error)) {
      const overloaded = response.status === 429 || response.status === 503;
      const requestedMs = overloaded
        ? parseRetryAfterMs(response.retryAfter)
        : 0;
      const retryAfterMs = Math.min(requestedMs, times.maxRetryAfterMs);
      await record(delivery, resultOf(response), retryAfterMs);
    } else if (!signal.aborted)
      await record(delivery, { error: response.message }, 0);
  };
}

/** Identical in every attempt. */
const bodyOf = ({ type, createdAt, sequence, data }: ClaimedDelivery) =>
  `{"type":"${type}","timestamp":"${createdAt.toISOString()}","sequence":${sequence},"data":${data}}`;

const resultOf = ({ status, body }: DeliveryResponse): DeliveryResult =>
  status >= 200 && status < 300
    ? { status, body }
    : { status, body, error: `it responded with ${status}` };

function outcomeOf(
  result: DeliveryResult,
  delayMs: number | undefined,
): DeliveryOutcome {
  if (result.error === undefined) return "delivered";
  if (result.status === 410) return "gone";
  return delayMs === undefined ? "dead" : "failed";
}

/** An unreadable previous secret is ignored. @throws Error if the current secret can't be decrypted */
function decryptSecrets(
  { endpointId, secret, oldSecret }: ClaimedDelivery,
  encryption: SecretEncryption,
): Buffer[] {
  const decrypt = (bytes: Buffer) => {
    try {
      return encryption.decrypt(bytes, endpointId);
    } catch (cause) {
      throw new Error(
        "its secret was encrypted with another KEY_ENCRYPTION_KEY: rotate the endpoint's secret",
        { cause },
      );
    }
  };
  const current = decrypt(secret);
  if (!oldSecret) return [current];
  try {
    return [current, decrypt(oldSecret)];
  } catch {
    return [current];
  }
}
