import { certificatesRule, isCertificates } from "./certificates.ts";
import { imagePattern } from "./image-reference.ts";
import { type Issues, isMap, isWhole, list } from "./issues.ts";
import {
  bytes,
  canonical,
  isQuantity,
  parseResources,
  type ResourceSettings,
} from "./resources.ts";
import { hostPattern } from "./service.ts";

/** PostgreSQL in this cluster. */
export interface DeployedDatabase {
  /** Docker's official image, or one that is like it. @default postgres:17 */
  image: string;
  /** The server's max_connections. @default 200 */
  maxConnections: number;
  /** How large its volume is. May grow, where the storage class lets it; not shrink. @default 10Gi */
  storage: string;
  /** @default the cluster's own */
  storageClass?: string;
  resources: ResourceSettings;
}

/** PostgreSQL somewhere else, such as a cloud's managed one. */
export interface ExternalDatabase {
  /** The image whose psql makes the services' roles and databases there. @default postgres:17 */
  image: string;
  /** Connections that it accepts: its max_connections, or a pooler's max_client_conn. @default 200 */
  maxConnections: number;
  /** The DNS name of its host. */
  externalName: string;
  /** @default 5432 */
  port: number;
  /** Who may make roles and databases there; the password is `marquee:secrets.postgres.PASSWORD`. @default postgres */
  user: string;
  /** Whether connections are encrypted, and whether the server has to prove who it is. @default verify */
  tls: (typeof tlsModes)[number];
  /** With verify alone, and always: PEM of who signed the server's certificate. psql's image knows no authority itself. */
  certificateAuthority?: string;
}

export type DatabaseSettings = DeployedDatabase | ExternalDatabase;

const tlsModes = ["off", "require", "verify"] as const;

/** PostgreSQL's default port. */
export const databasePort = 5432;

/** Enough for a few hundred transactions a second; a shared cache of 128 MiB is PostgreSQL's own default. */
const defaultResources: ResourceSettings = {
  requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "64Mi" },
  limits: { cpu: "2", memory: "1Gi", "ephemeral-storage": "256Mi" },
};

/**
 * Bounds of `maxConnections`. A connection takes up to 10 MiB of the server's memory; `max` is PostgreSQL's own
 * limit.
 */
export const maxConnections = { default: 200, min: 20, max: 262_143 };

const here = ["storage", "storageClass", "resources"];
const elsewhere = ["port", "user", "tls", "certificateAuthority"];

/** Checks `marquee:database`. */
export function parseDatabase(raw: unknown, report: Issues): DatabaseSettings {
  const { invalid: wrong, rejectUnknownKeys: known } = report;
  if (raw !== undefined && !isMap(raw))
    wrong("database", raw, "it must be a map, such as { storage: 20Gi }");
  const given = isMap(raw) ? raw : {};
  known(
    "database.",
    given,
    ["image", "maxConnections", "externalName", ...here, ...elsewhere],
    "a setting of the database",
  );
  /** A value that has a rule, or its default. */
  const value = <T>(
    key: string,
    fallback: T,
    isRight: (value: unknown) => boolean,
    rule: string,
  ): T => {
    if (given[key] === undefined) return fallback;
    if (isRight(given[key])) return given[key] as T;
    wrong(`database.${key}`, given[key], rule);
    return fallback;
  };
  const matches = (pattern: RegExp) => (value: unknown) =>
    typeof value === "string" && pattern.test(value);
  const image = value(
    "image",
    "postgres:17",
    matches(imagePattern),
    "it must be an image reference, such as postgres:17",
  );
  const { min, max } = maxConnections;
  const shared = {
    image,
    maxConnections: value(
      "maxConnections",
      maxConnections.default,
      (value) => isWhole(value, min, max),
      `it must be a whole number from ${min} to ${max}`,
    ),
  };
  const isElsewhere = given.externalName !== undefined;
  for (const key of isElsewhere ? here : elsewhere)
    if (given[key] !== undefined)
      wrong(
        `database.${key}`,
        given[key],
        isElsewhere
          ? "database.externalName is there, too, so that the database runs elsewhere, and this is for one that runs here"
          : "it is for a database that runs elsewhere, and there is no database.externalName",
      );
  if (!isElsewhere) {
    const storage = value(
      "storage",
      "10Gi",
      (value) => isQuantity(bytes, value),
      bytes.rule,
    );
    const storageClass = value<string | undefined>(
      "storageClass",
      undefined,
      matches(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/),
      "it must be the name of a storage class (`kubectl get storageclasses` lists them)",
    );
    return {
      ...shared,
      storage: canonical(storage),
      ...(storageClass && { storageClass }),
      resources: parseResources(
        "database.resources",
        given.resources,
        report,
        defaultResources,
      ),
    };
  }
  const tls = value(
    "tls",
    "verify",
    matches(new RegExp(`^(${tlsModes.join("|")})$`)),
    `it must be ${list(tlsModes, "or")} (off without quotes is YAML's false)`,
  );
  return {
    ...shared,
    externalName: value(
      "externalName",
      "",
      matches(hostPattern),
      "it must be the DNS name, in small letters, of the host that the database is on, such as db.example.com",
    ),
    port: value(
      "port",
      databasePort,
      (value) => isWhole(value, 1, 65_535),
      "it must be a whole number from 1 to 65535",
    ),
    user: value(
      "user",
      "postgres",
      matches(/^[^\s@:/]+$/),
      "it must be the name of a role that may make roles and databases",
    ),
    tls,
    // With a wrong tls, nobody knows whether there has to be one.
    ...((given.tls ?? tls) === tls &&
      parseAuthority(given.certificateAuthority, tls, report)),
  };
}

/** Checks `certificateAuthority`. Its sentences don't say the text, which may be a private key by mistake. */
function parseAuthority(
  authority: unknown,
  tls: ExternalDatabase["tls"],
  { add: mistake }: Issues,
): { certificateAuthority?: string } {
  const key = "database.certificateAuthority";
  if (tls !== "verify") {
    if (authority !== undefined)
      mistake(
        key,
        `is of no use: database.tls is ${tls}, so that whoever answers is taken for the server`,
      );
    return {};
  }
  if (isCertificates(authority)) return { certificateAuthority: authority };
  mistake(
    key,
    `${authority === undefined ? "is missing" : "is wrong"}: ${certificatesRule(key)}`,
  );
  return {};
}
