import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { type Database, openDatabase } from "@marquee/service-kit";
import { createStreaming } from "../../../services/streaming/app.ts";
import { openFolder } from "../../../services/streaming/media/folder/store.ts";
import type { StreamingOptions } from "../../../services/streaming/options.ts";
import { conforming } from "../openapi.ts";
import { useDatabase } from "../postgres.ts";
import { mediaFolder } from "./media.ts";
import { newUser, type TestSystem, useSystem } from "./system.ts";

export const playbackKey = "the playback key of the tests, long enough";

/** Paths of pages, which the OpenAPI document leaves out. */
const pages =
  /^\/($|assets\/|titles\/[^/]+$|watch\/|plans$|subscribe$|membership|sign-|(delete-)?account$|change-password$|api\/|sandbox\/|icon\.svg$)/;

export interface TestStreaming {
  /** Checks every answer of the API against /openapi.json. */
  app: { request(path: string, init?: RequestInit): Promise<Response> };
  service: ReturnType<typeof createStreaming>;
  database: Database;
}

export interface TestStreamings {
  system: TestSystem;
  first: TestStreaming;
  second: TestStreaming;
}

/**
 * Starts two replicas of streaming for the calling suite, on one empty database, with real auth and payment services.
 * Entitlements are not cached, so that tests need not wait.
 */
export function useStreaming(
  options: Partial<StreamingOptions> = {},
): TestStreamings {
  const system = useSystem();
  const url = useDatabase();
  const replicas = { system } as TestStreamings;
  before(async () => {
    const folder = mediaFolder();
    for (const name of ["first", "second"] as const) {
      const database = openDatabase({
        DATABASE_URL: url(),
        DATABASE_CONNECTIONS: 3,
      });
      const { authUrl, paymentUrl } = system;
      const accessTokens = system.newAccessTokens();
      const service = createStreaming({
        ...{ database, store: openFolder(folder), playbackKey },
        ...{ accessTokens, authUrl, paymentUrl, testCards: true },
        timings: {
          entitlements: {
            positiveMaxAgeMs: 0,
            negativeMaxAgeMs: 0,
            timeoutMs: 3_000,
          },
        },
        ...options,
      });
      await service.start();
      const held = conforming(service.app);
      const app: TestStreaming["app"] = {
        request: async (path, init) =>
          pages.test(new URL(path, "http://localhost").pathname)
            ? service.app.request(path, init)
            : held.request(path, init),
      };
      replicas[name] = { app, service, database };
    }
  });
  after(async () => {
    for (const name of ["first", "second"] as const) {
      await replicas[name].service.shutdown();
      await replicas[name].database.close();
    }
  });
  return replicas;
}

export type TestUser = Awaited<ReturnType<typeof newUser>>;

/** A user with a subscription. */
export async function newMember(
  { system }: TestStreamings,
  method: unknown = "pm_card_visa",
): Promise<TestUser & { subscription: string }> {
  const user = await newUser(system);
  const response = await fetch(
    `${system.url}/api/payment/subscriptions`,
    as(user, "POST", { plan: "basic", method }),
  );
  const text = await response.text();
  assert.equal(response.status, 201, text);
  return { ...user, subscription: JSON.parse(text).id };
}

/** A request with the user's access token. */
export const as = (
  { token }: { token: string },
  method = "GET",
  body?: unknown,
): RequestInit => ({
  method,
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  headers: {
    authorization: `Bearer ${token}`,
    "idempotency-key": randomUUID(),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  },
});

export interface TestPlayback {
  url: string;
  hls: string;
  expires_at: string;
  position: number;
}

/** Signed URLs of a title, for a user who may watch it. */
export async function playbackOf(
  { app }: TestStreaming,
  user: { token: string },
  title = "metropolis",
): Promise<TestPlayback> {
  const response = await app.request(`/playback/${title}`, as(user, "POST"));
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return JSON.parse(text);
}
