import { join } from "node:path";
import {
  bearer,
  createAccessTokens,
  openDatabase,
  type ServiceEnv,
} from "@marquee/service-kit";
import { Hono } from "hono";
import type { Document } from "../../../packages/service-kit/openapi/api.ts";
import { createAuth } from "../../../services/auth/app.ts";
import { createPayment } from "../../../services/payment/app.ts";
import { processorFromEnvironment } from "../../../services/payment/processors/from-environment.ts";
import { createStreaming } from "../../../services/streaming/app.ts";
import { openFolder } from "../../../services/streaming/media/folder/store.ts";
import { documentOf } from "../openapi.ts";
import { project } from "./markdown.ts";

const key = "a key that signs and encrypts nothing";
const url = "http://localhost";

/** The apps by service, not started: they connect to nothing. Payment has one app per processor. */
export function serviceApps(): Record<string, Hono<ServiceEnv>[]> {
  const database = openDatabase({
    DATABASE_URL: "postgres://none@localhost/none",
  });
  const accessTokens = createAccessTokens({ issuer: url });
  const payment = (PROCESSOR: "sandbox" | "stripe") =>
    createPayment({
      database,
      ...processorFromEnvironment(database, {
        PROCESSOR,
        STRIPE_SECRET_KEY: "sk_test_none",
        STRIPE_WEBHOOK_SECRET: "whsec_none",
        PUBLIC_URL: "",
      }),
      user: bearer<{ userId: string }>(accessTokens),
      keyEncryptionKey: key,
      operatorKey: key,
    });
  const streaming = createStreaming({
    database,
    store: openFolder(join(project, "services/streaming/assets/titles")),
    accessTokens,
    authUrl: url,
    paymentUrl: url,
    playbackKey: key,
  });
  return {
    auth: [createAuth({ database, issuer: url, keyEncryptionKey: key }).app],
    payment: [payment("sandbox").app, payment("stripe").app],
    streaming: [streaming.app],
  };
}

/** The app's OpenAPI document, which a service that has not started would not return. */
export function documentOfStopped(app: Hono<ServiceEnv>): Promise<Document> {
  const path = "/openapi.json";
  const documents = new Hono<ServiceEnv>();
  for (const route of app.routes)
    if (route.path === path) documents.on(route.method, path, route.handler);
  return documentOf(documents);
}
