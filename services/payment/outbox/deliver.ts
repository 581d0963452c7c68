import { type Database, logger } from "@marquee/service-kit";
import type { Due } from "./claim.ts";
import { type Answer, post } from "./http-post.ts";
import type { OutboxMetrics, Outcome } from "./metrics.ts";
import { conclude, disable, type Heard, pause } from "./record-delivery.ts";
import { nextTry, retryAfter } from "./retry-schedule.ts";
import type { SecretEncryption } from "./secret-encryption.ts";
import { signatures } from "./signature.ts";
import { guardedLookup, type UrlRules, whyNotUrl } from "./ssrf-guard.ts";

/** Milliseconds. */
export interface AttemptTimes {
  /** That an endpoint has to answer. @default 10 s */
  answer: number;
  /** From each failed attempt to the next. @default retries, of schedule.ts */
  retries: readonly number[];
  /** That an endpoint's Retry-After is heeded at most. @default 1 hour */
  retryAfter: number;
}

export interface AttemptOptions {
  database: Database;
  encryption: SecretEncryption;
  rules: UrlRules;
  times: AttemptTimes;
  metrics: OutboxMetrics;
  /** Ends attempts at once, and nothing is written down of them. */
  signal: AbortSignal;
}

/**
 * One attempt at a delivery that was taken: signs it, sends it, and writes down what it came to.
 * @throws DatabaseUnavailableError: it is attempted again when its lease is over
 */
export function createAttempt(options: AttemptOptions) {
  const { database, rules, times, metrics, signal } = options;
  const lookup = guardedLookup(rules);

  async function send(due: Due): Promise<Answer> {
    // Rules may be others than when it was added, and addresses in URLs are looked up by nobody.
    const why = whyNotUrl(due.url, rules);
    if (why) throw new Error(`its URL ${why}`);
    const timestamp = Math.floor(Date.now() / 1000);
    const body = bodyOf(due);
    const { eventId: id } = due;
    const secrets = secretsOf(due, options.encryption);
    const headers = {
      "content-type": "application/json",
      "user-agent": "Marquee-Webhooks/1",
      "webhook-id": id,
      "webhook-timestamp": `${timestamp}`,
      "webhook-signature": signatures(secrets, { id, timestamp, body }),
    };
    const limit = times.answer;
    return post(new URL(due.url), headers, body, { limit, signal, lookup });
  }

  async function writeDown(due: Due, heard: Heard, asked: number) {
    const next = nextTry(times.retries, due.tries, asked);
    if (heard.status === 410) await disable(database, due);
    if (asked > 0) await pause(database, due, asked);
    const outcome = outcomeOf(heard, next);
    const { id: deliveryId, endpointId, eventId, attempts } = due;
    const { status, error } = heard;
    const about = { deliveryId, endpointId, eventId, attempts, status, error };
    if (!(await conclude(database, due, heard, next)))
      logger.warn(about, "this attempt took longer than its lease");
    else if (outcome === "dead")
      logger.error(about, "a webhook was given up: it can be delivered again");
    else if (outcome === "gone")
      logger.warn(about, "a webhook endpoint is gone, and was disabled");
    else logger.debug(about, outcome);
    metrics.attempted(outcome);
  }

  return async (due: Due): Promise<void> => {
    const answer = await send(due).catch((error: Error) => error);
    if (!(answer instanceof Error)) {
      const busy = answer.status === 429 || answer.status === 503;
      const asked = busy ? retryAfter(answer.retryAfter) : 0;
      await writeDown(due, heardOf(answer), Math.min(asked, times.retryAfter));
    } else if (!signal.aborted)
      await writeDown(due, { error: answer.message }, 0);
  };
}

/** The same bytes in each attempt. */
const bodyOf = ({ type, createdAt, sequence, data }: Due) =>
  `{"type":"${type}","timestamp":"${createdAt.toISOString()}","sequence":${sequence},"data":${data}}`;

const heardOf = ({ status, body }: Answer): Heard =>
  status >= 200 && status < 300
    ? { status, body }
    : { status, body, error: `it answered ${status}` };

function outcomeOf(heard: Heard, next: number | undefined): Outcome {
  if (heard.error === undefined) return "delivered";
  if (heard.status === 410) return "gone";
  return next === undefined ? "dead" : "failed";
}

/** @throws Error if the present secret can't be read; without the one before, it is signed all the same */
function secretsOf(
  { endpointId, secret, oldSecret }: Due,
  encryption: SecretEncryption,
): Buffer[] {
  const decrypt = (bytes: Buffer) => {
    try {
      return encryption.decrypt(bytes, endpointId);
    } catch (cause) {
      throw new Error(
        "its secret can't be read, as KEY_ENCRYPTION_KEY is another one now: rotate the endpoint's secret",
        { cause },
      );
    }
  };
  const present = decrypt(secret);
  if (!oldSecret) return [present];
  try {
    return [present, decrypt(oldSecret)];
  } catch {
    return [present];
  }
}
