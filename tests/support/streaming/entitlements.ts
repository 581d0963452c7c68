import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { type Database, migrate, openDatabase } from "@marquee/service-kit";
import { HTTPException } from "hono/http-exception";
import { Registry } from "prom-client";
import {
  createEntitlements,
  type Entitlements,
  type EntitlementTimings,
} from "../../../services/streaming/access/entitlements.ts";
import { createEntitlementMetrics } from "../../../services/streaming/access/metrics.ts";
import { PaymentUnavailableError } from "../../../services/streaming/clients/errors.ts";
import { asHttp } from "../../../services/streaming/http/errors.ts";
import { useDatabase } from "../postgres.ts";
import { answer, type Upstream, useUpstream } from "./upstream.ts";

const migrations = join(
  import.meta.dirname,
  "../../../services/streaming/migrations",
);
const days = 86_400_000;

export const soon = () => new Date(Date.now() + 10 * days);

export const newViewer = () => ({ userId: randomUUID(), token: "a.b.c" });

/** Payment's answer for a viewer who is entitled. */
export const yes = (
  response: ServerResponse,
  { maxAge = 5, until = soon(), ...more }: Record<string, unknown> = {},
) =>
  answer(
    response,
    200,
    {
      ...{ entitled: true, status: "active", plan: "standard" },
      until: (until as Date).toISOString(),
      ...more,
    },
    { "cache-control": `private, max-age=${maxAge}` },
  );

export const no = (response: ServerResponse, maxAge = 5) =>
  answer(
    response,
    200,
    { entitled: false, status: "none" },
    { "cache-control": `private, max-age=${maxAge}` },
  );

/** Asserts that the entitlement is unknown: a 503 with Retry-After. */
export const assertUnavailable = (work: Promise<unknown>) =>
  assert.rejects(work, (error) => {
    assert.ok(error instanceof PaymentUnavailableError, String(error));
    const http = asHttp(error);
    assert.ok(http instanceof HTTPException);
    assert.equal(http.status, 503);
    assert.equal(http.getResponse().headers.get("retry-after"), "5");
    return true;
  });

export interface TestEntitlements {
  /** Stand-in for payment. */
  payment: Upstream;
  database: Database;
  /** Starts another replica, whose attempts time out after 10 s by default. */
  replica(times?: Partial<EntitlementTimings>, its?: Database): Entitlements;
  /** Number of requests to payment in this test. */
  requestCount(): number;
  /** Lines of this metric of the last replica, without those that are 0. */
  shown(name: string): Promise<string[]>;
  /** A new viewer whom payment has called entitled. */
  entitledViewer(
    more?: Record<string, unknown>,
  ): Promise<{ userId: string; token: string }>;
}

/** Gives the calling suite replicas on a database of its own. */
export function useEntitlements(): TestEntitlements {
  const payment = useUpstream();
  const url = useDatabase();
  let registry = new Registry();
  let made: Entitlements[] = [];
  const test: TestEntitlements = {
    payment,
    database: undefined as unknown as Database,
    replica(times = {}, database = test.database) {
      registry = new Registry();
      const entitlements = createEntitlements({
        ...{ paymentUrl: payment.url, database },
        metrics: createEntitlementMetrics(registry),
        timings: { timeoutMs: 10_000, ...times },
      });
      made.push(entitlements);
      return entitlements;
    },
    requestCount: () => payment.requests.length,
    shown: async (name) =>
      (await registry.metrics())
        .split("\n")
        .filter((line) => line.startsWith(`${name}{`) && / [1-9]/.test(line)),
    async entitledViewer(more = {}) {
      const viewer = newViewer();
      payment.handler = (_, response) => yes(response, more);
      const entitlements = test.replica();
      await entitlements.check(viewer);
      await entitlements.settled();
      return viewer;
    },
  };
  before(async () => {
    test.database = openDatabase({
      DATABASE_URL: url(),
      DATABASE_CONNECTIONS: 4,
    });
    await migrate(test.database, migrations);
  });
  afterEach(async () => {
    await Promise.all(made.map((each) => each.settled()));
    made = [];
  });
  after(() => test.database.close());
  return test;
}
