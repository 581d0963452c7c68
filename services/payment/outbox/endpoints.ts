import type { Database, Queries } from "@marquee/service-kit";
import { uuidv7 } from "../uuid.ts";
import { addDelivery } from "./deliveries.ts";
import { type EventType, testType } from "./event-types.ts";
import { createSecretEncryption } from "./secret-encryption.ts";
import { formatSecret, newSecret } from "./signature.ts";
import { type UrlRules, urlError, urlRules } from "./ssrf-guard.ts";

/** A consumer's URL that receives events. */
export interface Endpoint {
  id: string;
  url: string;
  /** Event types to deliver; empty: all, including future ones. */
  types: EventType[];
  /** Why it is disabled: on request, or because it responded with 410. */
  disabled: "request" | "gone" | null;
  /** Until when the endpoint asked for a pause (Retry-After). */
  pausedUntil: Date | null;
  /** While two secrets sign: when the previous one expires. */
  oldSecretUntil: Date | null;
  createdAt: Date;
}

/** An endpoint with its secret, which is shown only once. */
export interface EndpointAndSecret {
  endpoint: Endpoint;
  /** `whsec_` and base64, the format of Standard Webhooks libraries. */
  secret: string;
}

interface EndpointChange {
  url?: string | undefined;
  types?: EventType[] | undefined;
  enabled?: boolean | undefined;
}

export interface Endpoints {
  /** Why a URL is not allowed, phrased to follow "url: "; undefined if it is allowed. */
  urlError(url: string): string | undefined;
  /** @returns undefined if there are `mostEndpoints` already @throws RangeError if the URL can't be an endpoint's */
  add(
    tx: Queries,
    endpoint: { url: string; types: EventType[] },
  ): Promise<EndpointAndSecret | undefined>;
  /** Oldest first. */
  list(): Promise<Endpoint[]>;
  find(id: string): Promise<Endpoint | undefined>;
  /**
   * While an endpoint is disabled, its pending deliveries wait, and new events are not delivered to it.
   * @throws RangeError if the URL is not allowed
   */
  change(id: string, change: EndpointChange): Promise<Endpoint | undefined>;
  /** Removes an endpoint with all its deliveries. @returns whether it existed */
  remove(id: string): Promise<boolean>;
  /**
   * Generates a new secret. At most two secrets sign: an older third one expires at once.
   * @param overlapSeconds for how long the current secret also signs
   */
  rotate(
    tx: Queries,
    id: string,
    overlapSeconds: number,
  ): Promise<EndpointAndSecret | undefined>;
  /**
   * Emits an event of type webhook.test to this endpoint, signed and retried as usual. @returns undefined if it does
   * not exist
   */
  sendTest(
    tx: Queries,
    id: string,
  ): Promise<{ eventId: string; deliveryId: bigint } | "disabled" | undefined>;
  /** Encrypts a secret for storage in an idempotent response. */
  seal(secret: EndpointAndSecret): string;
  /** @throws Error if it was sealed for another endpoint, or with another KEY_ENCRYPTION_KEY */
  unseal(sealed: string, endpointId: string): string;
}

/** Each event creates a row per endpoint, and the list is not paginated. */
export const maxEndpoints = 100;

const columns = `id, url, types, disabled, created_at AS "createdAt",
  CASE WHEN paused_until > now() THEN paused_until END AS "pausedUntil",
  CASE WHEN old_secret_until > now() THEN old_secret_until END AS "oldSecretUntil"`;

/**
 * Manages the endpoints that events are delivered to.
 * @param keyEncryptionKey the value of KEY_ENCRYPTION_KEY, which encrypts the secrets in the database
 * @param rules @default urlRules
 */
export function createEndpoints(
  database: Database,
  keyEncryptionKey: string,
  rules: Partial<UrlRules> = {},
): Endpoints {
  const encryption = createSecretEncryption(keyEncryptionKey);
  const allRules = { ...urlRules, ...rules };

  const find = async (
    queries: Queries,
    id: string,
  ): Promise<Endpoint | undefined> => {
    const [endpoint] = await queries.query<Endpoint>(
      `SELECT ${columns} FROM webhook_endpoints WHERE id = $1`,
      [id],
    );
    return endpoint;
  };

  function normalizedUrl(url: string): string {
    const error = urlError(url, allRules);
    if (error) throw new RangeError(`An endpoint's URL ${error}.`);
    return new URL(url).href;
  }

  return {
    urlError: (url) => urlError(url, allRules),

    async add(tx, { url, types }) {
      const id = uuidv7();
      const secret = newSecret();
      const [endpoint] = await tx.query<Endpoint>(
        `INSERT INTO webhook_endpoints (id, url, types, secret)
         SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM webhook_endpoints) < $5 RETURNING ${columns}`,
        [
          id,
          normalizedUrl(url),
          types,
          encryption.encrypt(secret, id),
          maxEndpoints,
        ],
      );
      return endpoint && { endpoint, secret: formatSecret(secret) };
    },

    list: () =>
      database.query<Endpoint>(
        `SELECT ${columns} FROM webhook_endpoints ORDER BY id`,
      ),

    find: (id) => find(database, id),

    async change(id, { url, types, enabled }) {
      const [endpoint] = await database.query<Endpoint>(
        `UPDATE webhook_endpoints SET url = coalesce($2, url), types = coalesce($3, types),
           disabled = CASE $4::boolean WHEN true THEN NULL WHEN false THEN coalesce(disabled, 'request') ELSE disabled END,
           paused_until = CASE WHEN $4::boolean OR $2 <> url THEN NULL ELSE paused_until END
         WHERE id = $1 RETURNING ${columns}`,
        [
          id,
          url === undefined ? null : normalizedUrl(url),
          types ?? null,
          enabled ?? null,
        ],
      );
      return endpoint;
    },

    async remove(id) {
      const removed = await database.query(
        "DELETE FROM webhook_endpoints WHERE id = $1 RETURNING 1",
        [id],
      );
      return removed.length > 0;
    },

    async rotate(tx, id, overlapSeconds) {
      const secret = newSecret();
      const [endpoint] = await tx.query<Endpoint>(
        `UPDATE webhook_endpoints SET secret = $2,
           old_secret = CASE WHEN $3::float8 > 0 THEN secret END,
           old_secret_until = CASE WHEN $3::float8 > 0 THEN now() + make_interval(secs => $3) END
         WHERE id = $1 RETURNING ${columns}`,
        [id, encryption.encrypt(secret, id), overlapSeconds],
      );
      return endpoint && { endpoint, secret: formatSecret(secret) };
    },

    async sendTest(tx, id) {
      const endpoint = await find(tx, id);
      if (!endpoint) return undefined;
      if (endpoint.disabled) return "disabled";
      const eventId = uuidv7();
      await tx.query(
        "INSERT INTO events (id, type, data, routed) VALUES ($1, $2, $3, true)",
        [eventId, testType, JSON.stringify({ endpoint_id: id })],
      );
      return { eventId, deliveryId: await addDelivery(tx, eventId, id) };
    },

    seal: ({ endpoint, secret }) =>
      encryption.encrypt(Buffer.from(secret), endpoint.id).toString("base64"),

    unseal: (sealed, endpointId) =>
      encryption.decrypt(Buffer.from(sealed, "base64"), endpointId).toString(),
  };
}
