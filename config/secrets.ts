import { isDeepStrictEqual } from "node:util";
import { type IsEncrypted, notEncrypted } from "./encryption.ts";
import type { Issues } from "./issues.ts";
import type { ServiceSettings } from "./service.ts";
import { isMap } from "./values.ts";

/** Secret environment variables by service, and the database administrator's password. */
export type Secrets = Record<string, Record<string, string>>;

/** The environment variables that the components and system.ts set. */
const reserved =
  /^(PORT|LOG_FILE|KEEP_ALIVE_SECONDS|ISSUER|JWKS_URL|PROCESSOR|BILLING_PERIOD|GRACE_PERIOD|TRUSTED_PROXIES|CLIENT_ADDRESSES|(AUTH|PAYMENT)_URL|MEDIA_FOLDER|S3_(BUCKET|REGION|ENDPOINT|PREFIX|TLS_CA)|DATABASE_\w+)$/;

/** The database's only secret: the password of the administrator, who creates roles and databases. */
export const databaseSecret = { owner: "postgres", name: "PASSWORD" };

/** Checks `marquee:secrets`. Its sentences never contain a value. */
export function parseSecrets(
  raw: unknown,
  services: Record<string, ServiceSettings>,
  isEncrypted: IsEncrypted,
  issues: Issues,
): Secrets {
  if (raw === undefined) return {};
  if (!isMap(raw)) {
    issues.add(
      "secrets",
      "must be a map: per service, environment variables and their values",
    );
    return {};
  }
  const owners = [...Object.keys(services), databaseSecret.owner];
  issues.rejectUnknownKeys("secrets.", raw, owners, "a service");
  const given = Object.entries(raw).filter(
    // `pulumi config rm` leaves null or {} behind when it removes a map's last key.
    ([, variables]) => variables !== null && !isDeepStrictEqual(variables, {}),
  );
  for (const [owner, variables] of given) {
    const key = `secrets.${owner}`;
    if (!owners.includes(owner)) continue;
    if (services[owner]?.type === "ExternalName")
      issues.add(
        key,
        `has no effect: ${owner} runs elsewhere, because services.${owner}.type is ExternalName`,
      );
    else if (!isMap(variables))
      issues.add(
        key,
        "must be a map of environment variables and their values",
      );
    else
      for (const [name, value] of Object.entries(variables))
        checkSecret(owner, name, value, isEncrypted, issues);
  }
  return Object.fromEntries(given) as Secrets;
}

function checkSecret(
  owner: string,
  name: string,
  value: unknown,
  isEncrypted: IsEncrypted,
  issues: Issues,
): void {
  const key = `secrets.${owner}.${name}`;
  const isDatabase = owner === databaseSecret.owner;
  if (isDatabase && name !== databaseSecret.name)
    issues.add(key, `is not known: there is only ${databaseSecret.name}`);
  else if (!/^[A-Za-z_]\w*$/.test(name))
    issues.add(
      key,
      "can't be an environment variable: its name may only have letters, digits and underscores, and must not start with a digit",
    );
  else if (reserved.test(name))
    issues.add(key, "can't be set here: Marquee sets it itself");
  if (typeof value !== "string" || value === "")
    issues.add(key, "must be a text that is not empty");
  else if (isDatabase && /[\r\n]/.test(value))
    issues.add(key, "must be one line: initdb reads only the first");
  if (!isEncrypted("secrets", owner, name)) issues.add(key, notEncrypted(key));
}
