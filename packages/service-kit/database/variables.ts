import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import * as z from "zod";
import { certificates } from "../environment/certificates.ts";
import { wholeNumber } from "../environment/whole-number.ts";
import { poolSize } from "./pool-size.ts";

const aUrl = "expected postgres://user:password@host:5432/name";

/** The variables that say which database a service has. Spread into `environment(...)`, then given to `openDatabase`. */
export const databaseVariables = {
  /** postgres://user:password@host:5432/name, percent-encoded; without a port it is 5432. */
  DATABASE_URL: z.string(aUrl).superRefine((value, context) => {
    try {
      addressOf(value);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  }),
  /** off: not encrypted. require: encrypted, whoever answers. verify: encrypted, and the certificate is checked. @default off */
  DATABASE_TLS: z
    .enum(["off", "require", "verify"], "expected one of off, require, verify")
    .default("off"),
  /** With verify: the name in the server's certificate. @default the URL's host */
  DATABASE_TLS_NAME: z.string().min(1, "expected a name").optional(),
  /** With verify: certificates of the authorities that may have signed the server's, as PEM. @default Node.js's own list */
  DATABASE_TLS_CA: certificates.optional(),
  /** The most connections that this process has open at a time, 1 to 100. @default poolSize */
  DATABASE_CONNECTIONS: wholeNumber(1, 100).default(poolSize),
};

/** What `databaseVariables` gives. All but the URL may be left out, as their defaults say. */
export type DatabaseVariables = Partial<Variables> &
  Pick<Variables, "DATABASE_URL">;
type Variables = z.output<z.ZodObject<typeof databaseVariables>>;

/** Where a database is, and as whom we use it. */
export interface Address {
  user: string;
  password?: string;
  host: string;
  port: number;
  database: string;
}

/** @throws Error that says what is wrong with the URL, and nothing of what is in it */
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
  // Such as ?sslmode=…: what a library makes of them differs from what PostgreSQL's own clients do.
  if (url.search || url.hash)
    throw new Error(
      `${aUrl} without parameters after it; DATABASE_TLS says how it is encrypted`,
    );
  return {
    user: part("user", url.username),
    ...(url.password ? { password: decoded(url.password) } : {}),
    host: decoded(url.hostname.replace(/^\[(.*)\]$/, "$1")), // a URL with a user has one
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
 * How the connection is encrypted, in Node.js's words.
 * @throws Error if something is said of a certificate that is not checked: who said it counts on it
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
    rejectUnauthorized: true, // said, so that NODE_TLS_REJECT_UNAUTHORIZED can't say otherwise
    ...(ca === undefined ? {} : { ca }),
    // Not `servername`: pg sets that to the host.
    checkServerIdentity: (_, certificate) =>
      checkServerIdentity(name, certificate),
  };
}
