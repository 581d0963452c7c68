import * as pulumi from "@pulumi/pulumi";
import { imagesToBuild } from "../components/images/image-source.ts";
import {
  parseRegistryCredentials,
  type RegistryCredentials,
} from "../components/pull-secret.ts";
import {
  encryptedValues,
  type IsEncrypted,
  parseSecrets,
  type Secrets,
} from "../components/secret.ts";
import { stackNameMistake } from "../components/stack-namespace.ts";
import { checkConnections } from "./connection-limits.ts";
import { type DatabaseSettings, parseDatabase } from "./database.ts";
import { imagePattern, isImage, registryPattern } from "./image-reference.ts";
import { parseTokenIssuer } from "./issuer.ts";
import { type Issues, list, shown, suggestion } from "./issues.ts";
import { withLocalDefaults } from "./local-cluster.ts";
import { type MediaSettings, parseMedia } from "./media.ts";
import { type NamespaceSettings, parseNamespace } from "./namespace.ts";
import { type PaymentSettings, parsePayments } from "./payments.ts";
import { parseServices, type ServiceSettings } from "./service.ts";

/** A stack's configuration, checked. */
export interface Settings<Name extends string = string> {
  /** The kubeconfig context. */
  context: string;
  /** Host, port and path that image names start with. Empty only where no image is built. */
  registry: string;
  /** The kubelets' logins, by registry host. @default none: registries are public, or nodes have credentials */
  registryCredentials?: Record<string, RegistryCredentials>;
  /** The image that services run on. @default gcr.io/distroless/nodejs24-debian13 */
  baseImage: string;
  /** @default linux/amd64; on the local cluster, the Docker engine's */
  platform: string;
  /** The stack whose images this one runs. @default none: images are built */
  imagesFrom?: string;
  /** A prebuilt image of services/log-shipper, by digest. @default as the services' own */
  logShipperImage?: string;
  services: Record<Name, ServiceSettings>;
  /** The `iss` claim of access tokens. @default auth's address in the cluster */
  issuer?: string;
  database: DatabaseSettings;
  payments: PaymentSettings;
  media: MediaSettings;
  /** Proxies in front of streaming that each request comes through, and that write X-Forwarded-For. @default 0 */
  trustedProxies: number;
  /** Seconds that services keep idle connections open. @default their own, 620 */
  keepAliveSeconds?: number;
  secrets: Secrets;
  /** Whether `pulumi destroy` leaves the namespace with the database's volume and the generated keys. @default true */
  retainData: boolean;
  /** Annotations and labels of the stack's namespace, besides its own. @default none */
  namespace?: NamespaceSettings;
  /** The namespace to take over from another Pulumi state, as the refusal to do so names it. @default none */
  adopt?: string;
}

/** The keys whose values are maps. */
const maps = [
  ...["services", "database", "payments", "media", "secrets"],
  ...["registryCredentials", "namespace"],
];

const platforms = ["linux/amd64", "linux/arm64"];

/**
 * The current stack's settings.
 * @param withDatabase the services that have a database; @default all
 * @throws pulumi.RunError that names every mistake in the configuration, before anything is built or changed
 */
export function loadSettings<Name extends string>(
  names: readonly Name[],
  withDatabase: readonly Name[] = names,
): Settings<Name> {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [namespace, name] = key.split(":") as [string, string];
    // Empty, which is Pulumi.yaml's default, means that the key is not set.
    if (namespace === pulumi.getProject() && value !== "")
      raw[name] = parseValue(name, value);
  }
  const complete = withLocalDefaults(raw, process.env);
  if (!complete)
    throw new pulumi.RunError(
      `Stack ${pulumi.getStack()} is for the local cluster, and this shell has no variables of one. Make it with \`npm run up\`, then run: eval "$(npm run -s env)". Or set marquee:registry, marquee:platform, marquee:baseImage and marquee:database.image.`,
    );
  const parsed = parseSettings(
    complete,
    names,
    encryptedValues(),
    withDatabase,
  );
  const stack = stackNameMistake(pulumi.getProject(), pulumi.getStack());
  const mistakes = [...(stack ? [stack] : []), ...parsed.mistakes];
  if (parsed.settings && mistakes.length === 0) return parsed.settings;
  throw new pulumi.RunError(
    `The configuration of stack ${pulumi.getStack()} has ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}, so nothing was built or changed:\n` +
      mistakes.map((mistake) => `  - ${mistake}\n`).join("") +
      `It is in Pulumi.${pulumi.getStack()}.yaml; \`pulumi config set --path 'marquee:services.auth.replicas' 3\` sets one value.`,
  );
}

/** Pulumi hands maps over as JSON text, and everything else as it is. */
function parseValue(name: string, value: string): unknown {
  if (!maps.includes(name)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * Checks a stack's configuration. Knows nothing of Pulumi, so that its tests need no engine.
 * @param raw the values by key, without the `marquee:` in front
 * @param names the services that exist
 * @param withDatabase the services that have a database; @default all
 * @returns the settings, or every mistake as a sentence that names key, value and what is allowed
 */
export function parseSettings<Name extends string>(
  raw: Record<string, unknown>,
  names: readonly Name[],
  isEncrypted: IsEncrypted = () => false,
  withDatabase: readonly Name[] = names,
):
  | { settings: Settings<Name>; mistakes: [] }
  | { settings?: undefined; mistakes: string[] } {
  const mistakes: string[] = [];
  const add: Issues["add"] = (key, text) => {
    mistakes.push(`marquee:${key} ${text}.`);
  };
  const invalid: Issues["invalid"] = (key, value, rule, hint = "") => {
    const is = value === undefined ? "missing" : shown(value);
    mistakes.push(`marquee:${key} is ${is}: ${rule}.${hint}`);
  };
  const rejectUnknownKeys: Issues["rejectUnknownKeys"] = (
    prefix,
    object,
    keys,
    what,
  ) => {
    for (const key of Object.keys(object).filter((key) => !keys.includes(key)))
      mistakes.push(
        `marquee:${prefix}${key} is not ${what}: there ${keys.length === 1 ? "is only" : "are"} ${list(keys)}.${suggestion(key, keys)}`,
      );
  };
  const issues = { add, invalid, rejectUnknownKeys };
  const text = (key: string, pattern: RegExp, rule: string): string => {
    const value = raw[key];
    if (typeof value === "string" && pattern.test(value)) return value;
    invalid(key, value, rule);
    return "";
  };
  /** As `text`, for a key that may be left out. */
  const maybe = (
    key: string,
    fallback: string,
    pattern: RegExp,
    rule: string,
  ) => (raw[key] === undefined ? fallback : text(key, pattern, rule));

  rejectUnknownKeys(
    "",
    raw,
    [
      ...["context", "registry", "baseImage", "platform"],
      ...["imagesFrom", "logShipperImage", "trustedProxies"],
      ...["keepAliveSeconds", "retainData", "adopt", "issuer"],
      ...maps,
    ],
    "a setting",
  );
  const before = mistakes.length;
  const services = parseServices(raw.services, names, isEncrypted, issues);
  const database = parseDatabase(raw.database, issues);
  // After another mistake, the sum would be wrong, too.
  if (mistakes.length === before)
    checkConnections(services, withDatabase, database, issues);
  const secrets = parseSecrets(raw.secrets, services, isEncrypted, issues);
  const isElsewhere = (service: string) =>
    (services as Record<string, ServiceSettings>)[service]?.type ===
    "ExternalName";
  const secretsOf = (service: string) =>
    isElsewhere(service) ? "elsewhere" : secrets[service];
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
  const imagesFrom = maybe(
    "imagesFrom",
    "",
    /^([\w.-]+\/[\w.-]+\/)?[\w.-]+$/,
    "it must be a stack's name, such as staging, or with its organization and project, such as acme/marquee/staging",
  );
  const { logShipperImage } = raw;
  if (logShipperImage !== undefined && !isImage(logShipperImage))
    invalid("logShipperImage", logShipperImage, isImage.rule);
  const sources = {
    services,
    ...(imagesFrom ? { imagesFrom } : {}),
    // A wrong one, too: it is not to be built.
    ...(logShipperImage === undefined
      ? {}
      : { logShipperImage: String(logShipperImage) }),
  };
  const builds =
    raw.imagesFrom === undefined && imagesToBuild(sources).length > 0;
  const retainData = String(raw.retainData ?? true); // Pulumi hands it over as text
  if (!["true", "false"].includes(retainData))
    invalid("retainData", raw.retainData, "it must be true or false");
  const keepAliveSeconds = maybe(
    "keepAliveSeconds",
    "",
    /^[1-9]\d{0,3}$/,
    "it must be a whole number from 1 to 9999",
  );
  const adopt = maybe(
    "adopt",
    "",
    /^[\w-]+$/,
    "it must be what the refusal to deploy to another state's namespace says",
  );
  const settings: Settings<Name> = {
    context: text(
      "context",
      /\S/,
      "it must name a context of your kubeconfig (`kubectl config get-contexts` lists them)",
    ),
    registry:
      raw.registry === undefined && !builds
        ? ""
        : text(
            "registry",
            registryPattern,
            'it must be a host, maybe with a port and a path, in small letters and without "https://", such as localhost:5001 or ghcr.io/acme',
          ),
    ...(registryCredentials && { registryCredentials }),
    baseImage: maybe(
      "baseImage",
      "gcr.io/distroless/nodejs24-debian13",
      imagePattern,
      "it must be an image reference, such as gcr.io/distroless/nodejs24-debian13",
    ),
    platform: maybe(
      "platform",
      "linux/amd64",
      new RegExp(`^(${platforms.join("|")})$`),
      `it must be ${list(platforms, "or")}`,
    ),
    ...sources,
    ...(issuer && { issuer }),
    database,
    payments,
    media,
    trustedProxies: Number(
      maybe(
        "trustedProxies",
        "0",
        /^[0-4]$/,
        "it must be a whole number from 0 to 4",
      ),
    ),
    ...(keepAliveSeconds && { keepAliveSeconds: Number(keepAliveSeconds) }),
    secrets,
    retainData: retainData === "true",
    ...(namespace && { namespace }),
    ...(adopt && { adopt }),
  };
  return mistakes.length > 0 ? { mistakes } : { settings, mistakes: [] };
}
