import { freePort } from "../free-port.ts";
import { start } from "../program.ts";
import { until } from "../until.ts";
import { keyEncryptionKey } from "./domain.ts";

export const authProgram = "services/auth/server.ts";

/** A valid environment for the program, whose database is unreachable. */
export const authEnvironment = {
  PORT: "18999",
  DATABASE_URL: "postgres://auth:secret@127.0.0.1:1/auth",
  ISSUER: "https://auth.example.com",
  KEY_ENCRYPTION_KEY: keyEncryptionKey,
};

/** Starts auth with a database, and waits until it listens. */
export async function startAuth(
  database: string,
  variables: Partial<typeof authEnvironment> = {},
) {
  const port = `${await freePort()}`;
  const env = {
    ...{ ...authEnvironment, PORT: port, DATABASE_URL: database },
    ...variables,
  };
  return start(authProgram, {}, env);
}

/** Starts auth with a database, and waits until it is ready. */
export async function startedAuth(
  database: string,
  variables: Partial<typeof authEnvironment> = {},
) {
  const program = await startAuth(database, variables);
  await isReady(program);
  return program;
}

export async function isReady({ url }: { url: string }): Promise<void> {
  const ready = async () => (await fetch(`${url}/readyz`)).status === 200;
  await until(ready, () => "auth to become ready");
}

/** A request with JSON, for fetch. */
export const json = (body: object) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

/** A form with a browser's cookies, for fetch. */
export const form = (fields: Record<string, string>, cookie = "") => ({
  method: "POST",
  body: new URLSearchParams(fields),
  headers: { accept: "text/html", cookie },
  redirect: "manual" as const,
});

/** The cookies that a response sets, as a browser would send them. */
export const cookiesOf = ({ headers }: Response): string =>
  headers
    .getSetCookie()
    .map((line) => line.split(";", 1)[0])
    .join("; ");
