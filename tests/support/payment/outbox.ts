import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Database, migrate, openDatabase } from "@marquee/service-kit";
import { emit } from "../../../services/payment/outbox/emit.ts";
import {
  createEndpoints,
  type EndpointAndSecret,
  type Endpoints,
} from "../../../services/payment/outbox/endpoints.ts";
import type { EventType } from "../../../services/payment/outbox/event-types.ts";
import {
  createOutbox,
  type Outbox,
  type OutboxOptions,
} from "../../../services/payment/outbox/outbox.ts";
import { useDatabase } from "../postgres.ts";
import { until } from "../until.ts";

export const keyEncryptionKey = "test-key-encryption-key-of-32-chars";
export const rules = { allowLoopback: true };

const migrations = join(
  import.meta.dirname,
  "../../../services/payment/migrations",
);

/** Milliseconds: short where tests wait, long where a busy machine may be late. */
export const quick = {
  responseTimeoutMs: 30_000,
  pollMs: 20,
  leaseMs: 60_000,
  stopTimeoutMs: 200,
  retryDelaysMs: [30, 30, 30],
};

export interface TestOutbox {
  url: string;
  /** The database, opened once for each of two replicas. */
  first: Database;
  second: Database;
  endpoints: Endpoints;
  /** Creates an outbox, by default on `first` with the times `quick`. The end of the test stops it. */
  open(options?: Partial<OutboxOptions>): Outbox;
  /** Adds an endpoint that receives events. */
  add(url: string, types?: EventType[]): Promise<EndpointAndSecret>;
  /** Emits an event in its own transaction. */
  emit(data?: Record<string, unknown>, type?: EventType): Promise<void>;
  deliveries(): Promise<StoredDelivery[]>;
}

interface StoredDelivery {
  id: bigint;
  event_id: string;
  state: string;
  attempts: number;
  tries: number;
  last_status: number | null;
  last_body: string | null;
  last_error: string | null;
  /** Seconds from now. */
  due: number;
}

/** Gives the calling suite a payment database without events and endpoints, emptied again after each test. */
export function useOutbox(): TestOutbox {
  const url = useDatabase();
  const test = {} as TestOutbox;
  const opened: Outbox[] = [];
  before(async () => {
    const open = () =>
      openDatabase({ DATABASE_URL: url(), DATABASE_CONNECTIONS: 4 });
    const first = open();
    const endpoints = createEndpoints(first, keyEncryptionKey, rules);
    await migrate(first, migrations);
    Object.assign(test, {
      url: url(),
      first,
      second: open(),
      endpoints,
      open(options) {
        const { times, ...rest } = options ?? {};
        const outbox = createOutbox({
          database: first,
          keyEncryptionKey,
          rules,
          times: { ...quick, ...times },
          ...rest,
        });
        opened.push(outbox);
        return outbox;
      },
      async add(url, types = []) {
        const added = await endpoints.add(first, { url, types });
        assert.ok(added);
        return added;
      },
      emit: (data = {}, type = "payment.succeeded") =>
        first.transaction((tx) => emit(tx, { type, data })),
      deliveries: () =>
        first.query<StoredDelivery>(
          `SELECT id, event_id, state, attempts, tries, last_status, last_body, last_error,
             extract(epoch FROM next_attempt_at - now())::float8 AS due FROM webhook_deliveries ORDER BY id`,
        ),
    } satisfies TestOutbox);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((outbox) => outbox.stop()));
    await test.first.query("TRUNCATE events, webhook_endpoints CASCADE");
  });
  after(async () => {
    await test.first.close();
    await test.second.close();
  });
  return test;
}

/** A receiver's reply: a status, or a function that handles the response. */
export type Reply = number | ((response: ServerResponse) => void);

export interface Received {
  at: number;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  /** Byte for byte. */
  body: string;
}

export interface Receiver {
  url: string;
  port: number;
  received: Received[];
  /** The reply to the next requests. */
  reply: Reply;
  /** The largest number of concurrent requests so far. */
  atOnce(): number;
  until(number: number): Promise<void>;
  close(): Promise<void>;
}

/** Gives the calling suite a function that starts receivers on loopback. The end of the test closes them. */
export function useReceivers() {
  const all: Receiver[] = [];
  afterEach(() => Promise.all(all.splice(0).map((each) => each.close())));
  return async (reply: Reply = 204, port = 0): Promise<Receiver> => {
    const received: Received[] = [];
    let now = 0;
    let most = 0;
    const server = createServer(async (request, response) => {
      most = Math.max(most, ++now);
      response.once("close", () => now--);
      const at = performance.now();
      const { headers, url: path } = request;
      const body = await text(request).catch(() => undefined);
      if (body === undefined) return; // the sender disconnected
      received.push({ at, path, headers, body });
      if (typeof receiver.reply === "function") receiver.reply(response);
      else response.writeHead(receiver.reply).end("what it says");
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address() as AddressInfo;
    const receiver: Receiver = {
      url: `http://127.0.0.1:${address.port}/hooks`,
      port: address.port,
      received,
      reply,
      atOnce: () => most,
      until: (number) =>
        until(
          () => received.length >= number,
          () => `${number} requests, got ${received.length}`,
        ),
      async close() {
        server.close();
        server.closeAllConnections();
        if (server.listening) await once(server, "close");
      },
    };
    all.push(receiver);
    return receiver;
  };
}

/** Returns a header, and fails if it is missing. */
export function header({ headers }: Received, name: string): string {
  const value = headers[name];
  assert.equal(typeof value, "string", `${name}: ${value}`);
  return value as string;
}

/**
 * Whether one of the request's signatures is made with the secret, according to Standard Webhooks alone:
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSignedBy(request: Received, secret: string): boolean {
  assert.match(secret, /^whsec_[A-Za-z0-9+/]+=*$/);
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const id = header(request, "webhook-id");
  const timestamp = header(request, "webhook-timestamp");
  const expected = createHmac("sha256", key)
    .update(`${id}.${timestamp}.${request.body}`)
    .digest("base64");
  return header(request, "webhook-signature")
    .split(" ")
    .includes(`v1,${expected}`);
}
