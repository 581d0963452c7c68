import { existsSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { type Issues, isMap } from "../config/issues.ts";
import type { ServiceSettings } from "../config/service.ts";
import { forcePatch, recommendedLabels } from "./naming.ts";

/** Per service, environment variables that nobody may read; and the database's password. */
export type Secrets = Record<string, Record<string, string>>;

/** What the components set themselves. */
const reserved =
  /^(PORT|LOG_FILE|KEEP_ALIVE_SECONDS|ISSUER|JWKS_URL|PROCESSOR|BILLING_PERIOD|GRACE_PERIOD|TRUSTED_PROXIES|CLIENT_ADDRESSES|(AUTH|PAYMENT)_URL|MEDIA_FOLDER|S3_(BUCKET|REGION|ENDPOINT|PREFIX|TLS_CA)|DATABASE_\w+)$/;

/** Of the database there is one secret: the password of who makes roles and databases. */
export const databaseSecret = { owner: "postgres", name: "PASSWORD" };

/** Checks `marquee:secrets`. Its sentences never have a value in them. */
export function parseSecrets(
  raw: unknown,
  services: Record<string, ServiceSettings>,
  isEncrypted: IsEncrypted,
  report: Issues,
): Secrets {
  const { add: mistake, rejectUnknownKeys: known } = report;
  if (raw === undefined) return {};
  if (!isMap(raw)) {
    mistake(
      "secrets",
      "must be a map: per service, environment variables and their values",
    );
    return {};
  }
  const names = [...Object.keys(services), databaseSecret.owner];
  known("secrets.", raw, names, "a service");
  const given = Object.entries(raw).filter(
    // Of the last variable that was taken out, null or {} stays.
    ([, variables]) => variables !== null && !isDeepStrictEqual(variables, {}),
  );
  for (const [service, variables] of given) {
    const at = `secrets.${service}`;
    if (!names.includes(service)) continue;
    if (services[service]?.type === "ExternalName")
      mistake(
        at,
        `is for nobody, as ${service} runs elsewhere: services.${service}.type is ExternalName`,
      );
    else if (!isMap(variables))
      mistake(at, "must be a map of environment variables and their values");
    else
      for (const [name, value] of Object.entries(variables)) {
        const key = `${at}.${name}`;
        if (service === databaseSecret.owner && name !== databaseSecret.name)
          mistake(key, `is not known: there is only ${databaseSecret.name}`);
        else if (!/^[A-Za-z_]\w*$/.test(name))
          mistake(
            key,
            "can't be an environment variable: its name must have letters, digits and underscores only, and no digit in front",
          );
        else if (reserved.test(name))
          mistake(key, "can't be set here: Marquee sets it itself");
        if (typeof value !== "string" || value === "")
          mistake(key, "must be a text that is not empty");
        else if (service === databaseSecret.owner && /[\r\n]/.test(value))
          mistake(key, "must be one line: initdb takes no more of it");
        if (!isEncrypted("secrets", service, name))
          mistake(key, notEncrypted(key));
      }
  }
  return Object.fromEntries(given) as Secrets;
}

/** Tells whether a value of the stack's configuration is encrypted. Its key has no `marquee:` in front. */
export type IsEncrypted = (key: string, ...path: string[]) => boolean;

/** The mistake that a secret value is not encrypted. */
export const notEncrypted = (key: string) =>
  `is not encrypted, so whoever sees the stack's file knows it. Think of another value, and set that one with \`pulumi config set --secret --path 'marquee:${key}'\``;

/**
 * Reads which values of the current stack's configuration are encrypted. The engine tells this of whole keys alone,
 * so the stack's file is read, if it is in the project's folder.
 */
export function encryptedValues(): IsEncrypted {
  const project = pulumi.getProject();
  const keys = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]");
  const file = `Pulumi.${pulumi.getStack()}.yaml`;
  const config = existsSync(file)
    ? parse(readFileSync(file, "utf8"))?.config
    : undefined;
  return (key, ...path) => {
    const value = path.reduce(
      (map, step) => map?.[step],
      config?.[`${project}:${key}`] ?? config?.[key], // as Pulumi reads it: the project's name may be left out
    );
    return value === undefined
      ? keys.includes(`${project}:${key}`)
      : isMap(value) && "secure" in value;
  };
}

/**
 * Creates a Secret of a service. Pulumi gives it a name of its own for each content: changed secrets make a new one,
 * which rolls the pods that refer to it, and the old one goes when the rollout is done: to go back, set the old
 * value.
 */
export function createSecret(
  name: string,
  {
    namespace,
    owner,
    values,
  }: {
    namespace: pulumi.Input<string>;
    /** The service that it belongs to, for its labels. */
    owner: string;
    values: Record<string, string>;
  },
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.Secret {
  return new k8s.core.v1.Secret(
    name,
    {
      metadata: {
        namespace,
        labels: recommendedLabels(owner),
        annotations: forcePatch,
      },
      stringData: pulumi.secret(values),
    },
    opts,
  );
}
