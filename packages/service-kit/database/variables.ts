import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import * as z from "zod";
import { certificates } from "../environment/certificates.ts";
import { wholeNumber } from "../environment/whole-number.ts";
import { poolSize } from "./pool-size.ts";

const aUrl = "expected postgres://user:password@host:5432/name";

/** The variables for a service's database. Spread into `environment(...)`; pass the result to `openDatabase`. */
export const databaseVariables = {
  /** postgres://user:password@host:5432/name, percent-encoded; without a port it is 5432. */
  DATABASE_URL: z.string(aUrl).superRefine((value, context) => {
    try {
      addressOf(value);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  }),
  /** require: encrypted, but without checking the certificate. verify: encrypted and checked. @default off */
  DATABASE_TLS: z
    .enum(["off", "require", "verify"], "expected one of off, require, verify")
    .default("off"),
  /** With verify: the name in the server's certificate. @default the URL's host */
  DATABASE_TLS_NAME: z.string().min(1, "expected a name").optional(),
  /** With verify: CA certificates that may have signed the server's, as PEM. @default Node.js's own list */
  DATABASE_TLS_CA: certificates.optional(),
  /** Maximum number of open connections of this process, 1 to 100. @default poolSize */
  DATABASE_CONNECTIONS: wholeNumber(1, 100).default(poolSize),
};

/** The values of `databaseVariables`. All but the URL are optional. */
export type DatabaseVariables = Partial<Variables> &
  Pick<Variables, "DATABASE_URL">;
type Variables = z.output<z.ZodObject<typeof databaseVariables>>;

export interface Address {
  user: string;
  password?: string;
  host: string;
  port: number;
  database: string;
}

/** @throws Error that says what is wrong with the URL without quoting it, because it may contain a password */
export function addressOf(value: string): Address {
  if (!URL.canParse(value))
    throw new Error(`${aUrl}, percent-encoded (@ in a password is %40)`);
  const url = new URL(value);
  if (!/^postgres(ql)?:$/.test(url.protocol))
    throw new Error(`${aUrl}, and it begins with another scheme`);
  const part = (name: string, text: string) => {
    if (text === "") throw new Error(`${aUrl}, and it has no ${name}`);
    return decoded(text);
  };
  // Such as ?sslmode=…, which libraries interpret differently from PostgreSQL's own clients.
  if (url.search || url.hash)
    throw new Error(
      `${aUrl} without parameters after it; DATABASE_TLS says how it is encrypted`,
    );
  return {
    user: part("user", url.username),
    ...(url.password ? { password: decoded(url.password) } : {}),
    host: decoded(url.hostname.replace(/^\[(.*)\]$/, "$1")), // a URL with a user has a host
    port: Number(url.port || 5432),
    database: part("database's name", url.pathname.slice(1)),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error(`${aUrl}, percent-encoded (% in a password is %25)`);
  }
}

/**
 * The TLS options for Node.js; false without TLS.
 * @throws Error if a variable for certificates is set, but certificates are not checked
 */
export function tlsOf(
  variables: DatabaseVariables,
  host: string,
): ConnectionOptions | false {
  const { DATABASE_TLS: tls = "off", DATABASE_TLS_CA: ca } = variables;
  for (const name of ["DATABASE_TLS_CA", "DATABASE_TLS_NAME"] as const)
    if (tls !== "verify" && variables[name] !== undefined)
      throw new Error(
        `${name} is set, but DATABASE_TLS is ${tls}: the server's certificate is only checked with DATABASE_TLS=verify.`,
      );
  if (tls === "off") return false;
  if (tls === "require") return { rejectUnauthorized: false };
  const name = variables.DATABASE_TLS_NAME ?? host;
  return {
    rejectUnauthorized: true, // explicit, so that NODE_TLS_REJECT_UNAUTHORIZED can't override it
    ...(ca === undefined ? {} : { ca }),
    // Not `servername`: pg sets that to the host.
    checkServerIdentity: (_, certificate) =>
      checkServerIdentity(name, certificate),
  };
}
