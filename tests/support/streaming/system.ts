import assert from "node:assert/strict";
import {
  type AccessTokens,
  bearer,
  createAccessTokens,
  createService,
  openDatabase,
} from "@marquee/service-kit";
import { createAuth } from "../../../services/auth/app.ts";
import { createPayment } from "../../../services/payment/app.ts";
import { processorFromEnvironment } from "../../../services/payment/processors/from-environment.ts";
import { gatewayRoutes } from "../../../services/streaming/gateway/paths.ts";
import { cheap, keyEncryptionKey } from "../auth/domain.ts";
import { freePort } from "../free-port.ts";
import { operatorKey } from "../payment/service.ts";
import { useDatabase } from "../postgres.ts";
import { served } from "./upstream.ts";

/** Real auth and payment services, each on its own port, and streaming's origin in front of both. */
export interface TestSystem {
  authUrl: string;
  paymentUrl: string;
  /** The origin that browsers use. */
  url: string;
  /** Issuer of auth's tokens; its keys are at authUrl. */
  issuer: string;
  accessTokens: AccessTokens;
  /** A verifier of access tokens that shares no cache with others, like another pod's. */
  newAccessTokens(): AccessTokens;
  auth: ReturnType<typeof createAuth>;
  payment: ReturnType<typeof createPayment>;
}

/**
 * Starts the system for the calling suite, on empty databases.
 * @param trustedProxies number of trusted proxies in front of the origin
 */
export function useSystem(trustedProxies = 0): TestSystem {
  const authDatabase = useDatabase();
  const paymentDatabase = useDatabase();
  const system = {} as TestSystem;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    const open = (url: string) => {
      const database = openDatabase({ DATABASE_URL: url });
      ends.push(() => database.close());
      return database;
    };
    const issuer = `http://127.0.0.1:${await freePort()}`;
    system.issuer = issuer;
    system.auth = createAuth({
      ...{ database: open(authDatabase()), issuer, keyEncryptionKey },
      hasher: { parameters: cheap },
      trustedProxies: trustedProxies + 1, // streaming is one as well
    });
    const auth = await served(system.auth.app);
    system.authUrl = auth.url;
    const jwksUrl = `${auth.url}/.well-known/jwks.json`;
    system.newAccessTokens = () => createAccessTokens({ issuer, jwksUrl });
    system.accessTokens = system.newAccessTokens();

    const database = open(paymentDatabase());
    system.payment = createPayment({
      ...{ database, keyEncryptionKey, operatorKey },
      ...processorFromEnvironment(database, {
        PROCESSOR: "sandbox",
        PUBLIC_URL: "",
      }),
      user: bearer<{ userId: string }>(system.accessTokens),
      formerUser: bearer<{ userId: string }>(system.accessTokens, {
        acceptDeletedAccount: true,
      }),
      times: { pollMs: 3_600_000 },
    });
    const payment = await served(system.payment.app);
    system.paymentUrl = payment.url;

    const front = createService();
    const { authUrl, paymentUrl } = system;
    front.app.route(
      "/",
      gatewayRoutes({ authUrl, paymentUrl, trustedProxies }),
    );
    const origin = await served(front.app);
    system.url = origin.url;

    await system.auth.start();
    await system.payment.start();
    ends.unshift(
      () => origin.close(),
      () => auth.close(),
      () => payment.close(),
      () => system.auth.shutdown(),
      () => system.payment.shutdown(),
    );
  });
  after(async () => {
    for (const end of ends) await end();
  });
  return system;
}

export const credentials = (name = crypto.randomUUID()) => ({
  email: `${name}@example.com`,
  password: "correct horse battery staple",
});

/** Creates an account by the API; returns its id, an access token and the credentials. */
export async function newUser(
  { url }: Pick<TestSystem, "url">,
  given = credentials(),
) {
  const response = await fetch(`${url}/api/auth/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(given),
  });
  const text = await response.text();
  assert.equal(response.status, 201, text);
  const { user, access_token } = JSON.parse(text) as {
    user: { id: string };
    access_token: string;
  };
  return { userId: user.id, token: access_token, ...given };
}
