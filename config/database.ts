import { certificatesRule, isCertificates } from "./certificates.ts";
import { hostNamePattern } from "./host-name.ts";
import { imagePattern } from "./image-reference.ts";
import { type Issues, list } from "./issues.ts";
import {
  bytes,
  canonical,
  isQuantity,
  parseResources,
  type ResourceSettings,
} from "./resources.ts";
import { isMap, isPort, isWhole, matches } from "./values.ts";

/** PostgreSQL in this cluster. */
export interface DeployedDatabase {
  /** Docker's official image, or one derived from it. @default postgres:17 */
  image: string;
  /** The server's max_connections. @default 200 */
  maxConnections: number;
  /** The size of its volume. It may grow if the storage class allows it, and can't shrink. @default 10Gi */
  storage: string;
  /** @default the cluster's default class */
  storageClass?: string;
  resources: ResourceSettings;
}

/** PostgreSQL elsewhere, such as a cloud's managed database. */
interface ExternalDatabase {
  /** The image whose psql creates the services' roles and databases there. @default postgres:17 */
  image: string;
  /** The server's max_connections, or a pooler's max_client_conn. @default 200 */
  maxConnections: number;
  /** The DNS name of its host. */
  externalName: string;
  /** @default 5432 */
  port: number;
  /**
   * The administrator's name. Must be allowed to create roles and databases. The password is
   * `marquee:secrets.postgres.PASSWORD`.
   * @default postgres
   */
  user: string;
  /** Whether connections are encrypted, and whether the server's certificate is verified. @default verify */
  tls: (typeof tlsModes)[number];
  /**
   * PEM of the authority that signed the server's certificate. Required with verify, as psql's image has no
   * authorities.
   */
  certificateAuthority?: string;
}

export type DatabaseSettings = DeployedDatabase | ExternalDatabase;

const tlsModes = ["off", "require", "verify"] as const;

/** PostgreSQL's default port. */
export const databasePort = 5432;

/** Enough for a few hundred transactions a second. PostgreSQL's default shared cache has 128 MiB. */
const defaultResources: ResourceSettings = {
  requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "64Mi" },
  limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "256Mi" },
};

/**
 * Bounds of `maxConnections`. A connection takes up to 10 MiB of the server's memory; `max` is PostgreSQL's own
 * limit.
 */
export const maxConnections = { default: 200, min: 20, max: 262_143 };

const deployedKeys = ["storage", "storageClass", "resources"];
const externalKeys = ["port", "user", "tls", "certificateAuthority"];

/** Checks `marquee:database`. */
export function parseDatabase(raw: unknown, issues: Issues): DatabaseSettings {
  if (raw !== undefined && !isMap(raw))
    issues.invalid(
      "database",
      raw,
      "it must be a map, such as { storage: 20Gi }",
    );
  const given = isMap(raw) ? raw : {};
  issues.rejectUnknownKeys(
    "database.",
    given,
    [
      "image",
      "maxConnections",
      "externalName",
      ...deployedKeys,
      ...externalKeys,
    ],
    "a setting of the database",
  );
  const parse: ParseValue = (key, defaultValue, isValid, rule) => {
    const value = given[key];
    if (value === undefined) return defaultValue;
    if (isValid(value)) return value as typeof defaultValue;
    issues.invalid(`database.${key}`, value, rule);
    return defaultValue;
  };
  const { min, max } = maxConnections;
  const shared = {
    image: parse(
      "image",
      "postgres:17",
      matches(imagePattern),
      "it must be an image reference, such as postgres:17",
    ),
    maxConnections: parse(
      "maxConnections",
      maxConnections.default,
      (value) => isWhole(value, min, max),
      `it must be a whole number from ${min} to ${max}`,
    ),
  };
  const isElsewhere = given.externalName !== undefined;
  for (const key of isElsewhere ? deployedKeys : externalKeys)
    if (given[key] !== undefined)
      issues.invalid(
        `database.${key}`,
        given[key],
        isElsewhere
          ? "it is for a database in this cluster, and database.externalName says that the database runs elsewhere"
          : "it is for a database that runs elsewhere, and database.externalName is not set",
      );
  return isElsewhere
    ? { ...shared, ...parseExternal(given, parse, issues) }
    : { ...shared, ...parseDeployed(given, parse, issues) };
}

/** A key's value, or its default, with an issue if it is invalid. */
type ParseValue = <T>(
  key: string,
  defaultValue: T,
  isValid: (value: unknown) => boolean,
  rule: string,
) => T;

function parseDeployed(
  given: Record<string, unknown>,
  parse: ParseValue,
  issues: Issues,
): Omit<DeployedDatabase, "image" | "maxConnections"> {
  const storage = parse(
    "storage",
    "10Gi",
    (value) => isQuantity(bytes, value),
    bytes.rule,
  );
  const storageClass = parse<string | undefined>(
    "storageClass",
    undefined,
    matches(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/),
    "it must be the name of a storage class (`kubectl get storageclasses` lists them)",
  );
  return {
    storage: canonical(storage),
    ...(storageClass && { storageClass }),
    resources: parseResources(
      "database.resources",
      given.resources,
      issues,
      defaultResources,
    ),
  };
}

function parseExternal(
  given: Record<string, unknown>,
  parse: ParseValue,
  issues: Issues,
): Omit<ExternalDatabase, "image" | "maxConnections"> {
  const tls = parse(
    "tls",
    "verify" as ExternalDatabase["tls"],
    matches(new RegExp(`^(${tlsModes.join("|")})$`)),
    `it must be ${list(tlsModes, "or")} (off without quotes is YAML's false)`,
  );
  return {
    externalName: parse(
      "externalName",
      "",
      matches(hostNamePattern),
      "it must be the DNS name, in lower case, of the database's host, such as db.example.com",
    ),
    port: parse(
      "port",
      databasePort,
      isPort,
      "it must be a whole number from 1 to 65535",
    ),
    user: parse(
      "user",
      "postgres",
      matches(/^[^\s@:/]+$/),
      "it must be the name of a role that may create roles and databases",
    ),
    tls,
    // An invalid tls does not tell whether an authority is required.
    ...((given.tls ?? tls) === tls &&
      parseAuthority(given.certificateAuthority, tls, issues)),
  };
}

/**
 * Checks `certificateAuthority`. Its sentences don't contain the value, which a user may confuse with the private key.
 */
function parseAuthority(
  authority: unknown,
  tls: ExternalDatabase["tls"],
  issues: Issues,
): { certificateAuthority?: string } {
  const key = "database.certificateAuthority";
  if (tls !== "verify") {
    if (authority !== undefined)
      issues.add(
        key,
        `has no effect: database.tls is ${tls}, which does not verify the server's certificate`,
      );
    return {};
  }
  if (isCertificates(authority)) return { certificateAuthority: authority };
  issues.add(
    key,
    `${authority === undefined ? "is missing" : "is invalid"}: ${certificatesRule(key)}`,
  );
  return {};
}
