import assert from "node:assert/strict";
import { type Database, openDatabase } from "@marquee/service-kit";
import { type AuthOptions, createAuth } from "../../../services/auth/app.ts";
import { conforming } from "../openapi.ts";
import { useDatabase } from "../postgres.ts";
import { cheap, email, keyEncryptionKey, password } from "./domain.ts";

/** Paths of pages, which are not in the OpenAPI document. */
const pages = [
  "/",
  "/icon.svg",
  "/sign-up",
  "/sign-in",
  "/sign-out",
  "/account",
  "/change-password",
  "/delete-account",
];

export const issuer = "https://auth.example";

interface TestApp {
  request(path: string, init?: RequestInit): Promise<Response>;
}

/** A replica of the service. */
export interface TestAuth {
  /** The app, with every response checked against its /openapi.json. */
  app: TestApp;
  service: ReturnType<typeof createAuth>;
  database: Database;
}

export interface TestReplicas {
  first: TestAuth;
  second: TestAuth;
}

/** Options for tests, with a hash that takes a fraction of a millisecond. */
export const testOptions = {
  issuer,
  keyEncryptionKey,
  hasher: { parameters: cheap },
} satisfies Partial<AuthOptions>;

/**
 * Starts two replicas of auth on an empty database for the calling suite.
 * @param options further options, or a function that returns them
 * @returns the replicas, valid once the suite runs
 */
export function useAuth(
  options: Partial<AuthOptions> | (() => Promise<Partial<AuthOptions>>) = {},
): TestReplicas {
  const url = useDatabase();
  const replicas = {} as TestReplicas;
  before(async () => {
    const given = typeof options === "function" ? await options() : options;
    for (const name of ["first", "second"] as const) {
      const database = openDatabase({
        DATABASE_URL: url(),
        DATABASE_CONNECTIONS: 4,
      });
      const service = createAuth({ ...testOptions, ...given, database });
      const app = conforming(service.app, pages);
      replicas[name] = { app, service, database };
      await service.start();
    }
  });
  beforeEach(() =>
    replicas.first.database.query("TRUNCATE users, limits CASCADE"),
  );
  after(async () => {
    for (const { service, database } of Object.values(replicas)) {
      await service.shutdown();
      await database.close();
    }
  });
  return replicas;
}

/** The response of POST /signup, /login and /refresh. */
export interface TestTokens {
  user: { id: string; email: string; created_at: string };
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token: string;
  refresh_expires_in: number;
}

export const send = (
  { app }: TestAuth,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
) =>
  app.request(path, {
    method,
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

export const post = (
  auth: TestAuth,
  path: string,
  body: unknown,
  headers?: Record<string, string>,
) => send(auth, "POST", path, body, headers);

/** The Authorization header for an access token. */
export const bearer = ({ access_token }: { access_token: string }) => ({
  authorization: `Bearer ${access_token}`,
});

/** Asserts that a response has this status, and returns its JSON. */
export async function jsonOf<T = TestTokens>(
  response: Response,
  status: number,
): Promise<T> {
  const text = await response.text();
  assert.equal(response.status, status, text);
  return JSON.parse(text) as T;
}

/** Creates an account with `email` and `password`, unless others are given. */
export const signUp = async (
  auth: TestAuth,
  credentials: { email?: string; password?: string } = {},
) =>
  jsonOf(await post(auth, "/signup", { email, password, ...credentials }), 201);

export const logIn = async (
  auth: TestAuth,
  credentials: { email?: string; password?: string } = {},
) =>
  jsonOf(await post(auth, "/login", { email, password, ...credentials }), 200);

/** GET /me */
export const me = ({ app }: TestAuth, tokens: { access_token: string }) =>
  app.request("/me", { headers: bearer(tokens) });
