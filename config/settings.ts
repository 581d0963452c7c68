import { checkConnections } from "./connection-limits.ts";
import { type DatabaseSettings, parseDatabase } from "./database.ts";
import type { IsEncrypted } from "./encryption.ts";
import {
  type ImageBuildSettings,
  type ImageSources,
  imagesToBuild,
  parseImageBuild,
  parseImageSources,
} from "./images.ts";
import { parseTokenIssuer } from "./issuer.ts";
import { Issues } from "./issues.ts";
import { type MediaSettings, parseMedia } from "./media.ts";
import { type NamespaceSettings, parseNamespace } from "./namespace.ts";
import { type PaymentSettings, parsePayments } from "./payments.ts";
import {
  parseRegistryCredentials,
  type RegistryCredentials,
} from "./registry-credentials.ts";
import { parseSecrets, type Secrets } from "./secrets.ts";
import { parseServices, type ServiceSettings } from "./service.ts";
import { parseOptionalText, parseText } from "./values.ts";

/** A stack's configuration, checked. */
export interface Settings<Name extends string = string>
  extends ImageSources,
    ImageBuildSettings {
  /** The kubeconfig context. */
  context: string;
  /** The kubelets' logins, by registry host. @default none: registries are public, or nodes have credentials */
  registryCredentials?: Record<string, RegistryCredentials>;
  services: Record<Name, ServiceSettings>;
  /** The `iss` claim of access tokens. @default auth's address in the cluster */
  issuer?: string;
  database: DatabaseSettings;
  payments: PaymentSettings;
  media: MediaSettings;
  /** The number of proxies in front of streaming that write X-Forwarded-For. @default 0 */
  trustedProxies: number;
  /** Seconds that services keep idle connections open. @default the services' own default, 620 */
  keepAliveSeconds?: number;
  secrets: Secrets;
  /** Whether `pulumi destroy` leaves the namespace with the database's volume and the generated keys. @default true */
  retainData: boolean;
  /** Annotations and labels of the stack's namespace, besides Marquee's. @default none */
  namespace?: NamespaceSettings;
  /** Names the namespace to take over from another Pulumi state. `pulumi up` prints the value. @default none */
  adopt?: string;
}

/** The keys whose values are maps. */
export const mapKeys = [
  "services",
  "database",
  "payments",
  "media",
  "secrets",
  "registryCredentials",
  "namespace",
];

/** The keys whose values are texts. */
const scalarKeys = [
  "context",
  "registry",
  "baseImage",
  "platform",
  "imagesFrom",
  "logShipperImage",
  "trustedProxies",
  "keepAliveSeconds",
  "retainData",
  "adopt",
  "issuer",
];

const contextRule = {
  pattern: /\S/,
  rule: "it must name a context of your kubeconfig (`kubectl config get-contexts` lists them)",
};
const keepAliveRule = {
  pattern: /^[1-9]\d{0,3}$/,
  rule: "it must be a whole number from 1 to 9999",
};
const adoptRule = {
  pattern: /^[\w-]+$/,
  rule: "it must be the value that `pulumi up` prints when it refuses to deploy to another state's namespace",
};
const trustedProxiesRule = {
  pattern: /^[0-4]$/,
  rule: "it must be a whole number from 0 to 4",
};

/**
 * Checks a stack's configuration. Independent of Pulumi, so that its tests need no engine.
 * @param raw the values by key, without the `marquee:` in front
 * @param names the services of the system
 * @param withDatabase the services that have a database; @default all
 * @returns the settings, or every issue as a sentence that names key, value and what is allowed
 */
export function parseSettings<Name extends string>(
  raw: Record<string, unknown>,
  names: readonly Name[],
  isEncrypted: IsEncrypted = () => false,
  withDatabase: readonly Name[] = names,
):
  | { settings: Settings<Name>; issues: [] }
  | { settings?: undefined; issues: string[] } {
  const issues = new Issues();
  issues.rejectUnknownKeys("", raw, [...scalarKeys, ...mapKeys], "a setting");
  const issuesBefore = issues.sentences.length;
  const services = parseServices(raw.services, names, isEncrypted, issues);
  const database = parseDatabase(raw.database, issues);
  // Invalid services or an invalid database would make the sum wrong.
  if (issues.sentences.length === issuesBefore)
    checkConnections(services, withDatabase, database, issues);
  const secrets = parseSecrets(raw.secrets, services, isEncrypted, issues);
  const isElsewhere = (name: string) =>
    names.some(
      (service) =>
        service === name && services[service].type === "ExternalName",
    );
  const secretsOf = (name: string) =>
    isElsewhere(name) ? "elsewhere" : secrets[name];
  const issuer = parseTokenIssuer(
    raw.issuer,
    isElsewhere("auth") && !names.every(isElsewhere),
    issues,
  );
  const registryCredentials = parseRegistryCredentials(
    raw.registryCredentials,
    isEncrypted,
    issues,
  );
  const namespace = parseNamespace(raw.namespace, issues);
  const payments = parsePayments(raw.payments, secretsOf("payment"), issues);
  const media = parseMedia(raw.media, secretsOf("streaming"), issues);
  const sources = { services, ...parseImageSources(raw, issues) };
  const retainData = parseRetainData(raw.retainData, issues);
  const keepAliveSeconds = parseOptionalText(
    "keepAliveSeconds",
    raw.keepAliveSeconds,
    "",
    keepAliveRule,
    issues,
  );
  const adopt = parseOptionalText("adopt", raw.adopt, "", adoptRule, issues);
  const context = parseText("context", raw.context, contextRule, issues);
  const isBuilding =
    raw.imagesFrom === undefined && imagesToBuild(sources).length > 0;
  const imageBuild = parseImageBuild(raw, isBuilding, issues);
  const trustedProxies = parseOptionalText(
    "trustedProxies",
    raw.trustedProxies,
    "0",
    trustedProxiesRule,
    issues,
  );
  if (issues.sentences.length > 0) return { issues: issues.sentences };
  const settings = {
    context,
    ...imageBuild,
    ...sources,
    ...(registryCredentials && { registryCredentials }),
    ...(issuer && { issuer }),
    database,
    payments,
    media,
    trustedProxies: Number(trustedProxies),
    ...(keepAliveSeconds && { keepAliveSeconds: Number(keepAliveSeconds) }),
    secrets,
    retainData,
    ...(namespace && { namespace }),
    ...(adopt && { adopt }),
  };
  return { settings, issues: [] };
}

function parseRetainData(raw: unknown, issues: Issues): boolean {
  const text = String(raw ?? true); // Pulumi passes booleans as text
  if (!["true", "false"].includes(text))
    issues.invalid("retainData", raw, "it must be true or false");
  return text === "true";
}
