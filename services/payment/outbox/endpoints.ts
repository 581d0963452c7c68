import type { Database, Queries } from "@marquee/service-kit";
import { uuidv7 } from "../uuidv7.ts";
import { addDelivery } from "./deliveries.ts";
import { type EventType, testType } from "./event-types.ts";
import { createSecretEncryption } from "./secret-encryption.ts";
import { newSecret, shownSecret } from "./signature.ts";
import { type UrlRules, urlRules, whyNotUrl } from "./ssrf-guard.ts";

/** Somebody who gets events. */
export interface Endpoint {
  id: string;
  url: string;
  /** Those that it gets; none for all, also those that are to come. */
  types: EventType[];
  /** Why it gets nothing, if so: somebody asked for that, or it answered 410. */
  disabled: "request" | "gone" | null;
  /** It asked for that (Retry-After): nothing is sent to it before. */
  pausedUntil: Date | null;
  /** While two secrets sign: until when the one before does. */
  oldSecretUntil: Date | null;
  createdAt: Date;
}

/** An endpoint, and what its consumer verifies by: shown now, and never again. */
export interface WithSecret {
  endpoint: Endpoint;
  /** `whsec_` and base64, as libraries of Standard Webhooks take it. */
  secret: string;
}

export interface EndpointChange {
  url?: string | undefined;
  types?: EventType[] | undefined;
  enabled?: boolean | undefined;
}

export interface Endpoints {
  /** Why a URL can't be an endpoint's, in words that follow "url: "; undefined if it can. */
  whyNotUrl(url: string): string | undefined;
  /** @returns undefined if there are `mostEndpoints` already @throws RangeError if the URL can't be an endpoint's */
  add(
    tx: Queries,
    endpoint: { url: string; types: EventType[] },
  ): Promise<WithSecret | undefined>;
  /** All, the oldest first. */
  list(): Promise<Endpoint[]>;
  find(id: string): Promise<Endpoint | undefined>;
  /**
   * While an endpoint is disabled, what was on its way to it waits; what happens meanwhile is not for it.
   * @throws RangeError if the URL can't be an endpoint's
   */
  change(id: string, change: EndpointChange): Promise<Endpoint | undefined>;
  /** Removes it with all deliveries to it. @returns whether there was one */
  remove(id: string): Promise<boolean>;
  /**
   * Gives it another secret. If there are two already, the older one signs no more.
   * @param overlap seconds for which the present one signs as well
   */
  rotate(
    tx: Queries,
    id: string,
    overlap: number,
  ): Promise<WithSecret | undefined>;
  /** Sends it an event of type webhook.test, as any other: it is signed, and tried again. @returns undefined if there is none */
  sendTest(
    tx: Queries,
    id: string,
  ): Promise<{ eventId: string; deliveryId: bigint } | "disabled" | undefined>;
  /** A secret that may be stored with an answer: nobody reads it without KEY_ENCRYPTION_KEY. */
  seal(of: WithSecret): string;
  /** @throws Error if it was not sealed for this endpoint, or with another KEY_ENCRYPTION_KEY */
  unseal(sealed: string, endpointId: string): string;
}

/** Each event is a row for each of them, and lists of them have no pages. */
export const mostEndpoints = 100;

const columns = `id, url, types, disabled, created_at AS "createdAt",
  CASE WHEN paused_until > now() THEN paused_until END AS "pausedUntil",
  CASE WHEN old_secret_until > now() THEN old_secret_until END AS "oldSecretUntil"`;

/**
 * The endpoints that events are delivered to.
 * @param keyEncryptionKey what KEY_ENCRYPTION_KEY holds: protects the secrets in the database
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

  function check(url: string): string {
    const why = whyNotUrl(url, allRules);
    if (why) throw new RangeError(`An endpoint's URL ${why}.`);
    return new URL(url).href;
  }

  return {
    whyNotUrl: (url) => whyNotUrl(url, allRules),

    async add(tx, { url, types }) {
      const id = uuidv7();
      const secret = newSecret();
      const [endpoint] = await tx.query<Endpoint>(
        `INSERT INTO webhook_endpoints (id, url, types, secret)
         SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM webhook_endpoints) < $5 RETURNING ${columns}`,
        [id, check(url), types, encryption.encrypt(secret, id), mostEndpoints],
      );
      return endpoint && { endpoint, secret: shownSecret(secret) };
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
          url === undefined ? null : check(url),
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

    async rotate(tx, id, overlap) {
      const secret = newSecret();
      const [endpoint] = await tx.query<Endpoint>(
        `UPDATE webhook_endpoints SET secret = $2,
           old_secret = CASE WHEN $3::float8 > 0 THEN secret END,
           old_secret_until = CASE WHEN $3::float8 > 0 THEN now() + make_interval(secs => $3) END
         WHERE id = $1 RETURNING ${columns}`,
        [id, encryption.encrypt(secret, id), overlap],
      );
      return endpoint && { endpoint, secret: shownSecret(secret) };
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
