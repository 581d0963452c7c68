import * as pulumi from "@pulumi/pulumi";
import leven from "leven"; // finds what a misspelt word was meant to be

/** The types of a Kubernetes Service, as stack config names them. */
export const serviceTypes = [
  "ClusterIP",
  "NodePort",
  "LoadBalancer",
  "ExternalName",
] as const;

/** What runs in this cluster: built, deployed, and reached through a Service of one of three types. */
export interface DeployedSettings {
  type: Exclude<(typeof serviceTypes)[number], "ExternalName">;
  /** How many pods. @default 2, so that a node may go away */
  replicas: number;
  /** Only with NodePort; left out, Kubernetes picks a free one. */
  nodePort?: number;
}

/** What runs elsewhere: a DNS name for it, nothing built and nothing deployed. */
export interface ExternalSettings {
  type: "ExternalName";
  externalName: string;
}

export type ServiceSettings = DeployedSettings | ExternalSettings;

/** A stack's configuration, checked. */
export interface Settings<Name extends string = string> {
  /** The kubeconfig context. */
  context: string;
  /** Host, port and path that image names start with. Present unless every service is external. */
  registry: string;
  /** The image that services run on. @default gcr.io/distroless/nodejs24-debian13 */
  baseImage: string;
  /** @default linux/amd64 */
  platform: string;
  services: Record<Name, ServiceSettings>;
}

/** Kubernetes' default range of node ports. */
const nodePortRange = { min: 30_000, max: 32_767 };

const platforms = ["linux/amd64", "linux/arm64"];
const registryPattern =
  /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)*)(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;
const hostPattern =
  /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+\.?$/i;

/**
 * The current stack's settings.
 * @throws pulumi.RunError that names every mistake in the configuration, before anything is built or changed
 */
export function loadSettings<Name extends string>(
  names: readonly Name[],
): Settings<Name> {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [namespace, name] = key.split(":") as [string, string];
    if (namespace === pulumi.getProject()) raw[name] = parseValue(name, value);
  }
  const { settings, mistakes } = parseSettings(raw, names);
  if (settings) return settings;
  throw new pulumi.RunError(
    `The configuration of stack ${pulumi.getStack()} has ${mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`}, so nothing was built or changed:\n` +
      mistakes.map((mistake) => `  - ${mistake}\n`).join("") +
      `It is in Pulumi.${pulumi.getStack()}.yaml; \`pulumi config set --path 'marquee:services.auth.replicas' 3\` sets one value.`,
  );
}

/** Pulumi hands maps over as JSON text, and everything else as it is. */
function parseValue(name: string, value: string): unknown {
  if (name !== "services") return value;
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
 * @returns the settings, or every mistake as a sentence that names key, value and what is allowed
 */
export function parseSettings<Name extends string>(
  raw: Record<string, unknown>,
  names: readonly Name[],
):
  | { settings: Settings<Name>; mistakes: [] }
  | { settings?: undefined; mistakes: string[] } {
  const mistakes: string[] = [];
  const wrong: Report["wrong"] = (key, value, rule, hint = "") => {
    const is = value === undefined ? "missing" : JSON.stringify(value);
    mistakes.push(`marquee:${key} is ${is}: ${rule}.${hint}`);
  };
  const known: Report["known"] = (prefix, object, keys, what) => {
    for (const key of Object.keys(object).filter((key) => !keys.includes(key)))
      mistakes.push(
        `marquee:${prefix}${key} is not ${what}: there are ${list(keys)}.${suggestion(key, keys)}`,
      );
  };
  const text = (key: string, pattern: RegExp, rule: string): string => {
    const value = raw[key];
    if (typeof value === "string" && pattern.test(value)) return value;
    wrong(key, value, rule);
    return "";
  };

  known(
    "",
    raw,
    ["context", "registry", "baseImage", "platform", "services"],
    "a setting",
  );
  const services = parseServices(raw.services, names, { wrong, known });
  const builds = Object.values<ServiceSettings>(services).some(
    ({ type }) => type !== "ExternalName",
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
    baseImage:
      raw.baseImage === undefined
        ? "gcr.io/distroless/nodejs24-debian13"
        : text(
            "baseImage",
            /^[^\s@:/][^\s]*$/,
            "it must be an image reference, such as gcr.io/distroless/nodejs24-debian13",
          ),
    platform:
      raw.platform === undefined
        ? "linux/amd64"
        : text(
            "platform",
            new RegExp(`^(${platforms.join("|")})$`),
            `it must be ${list(platforms, "or")}`,
          ),
    services,
  };
  return mistakes.length > 0 ? { mistakes } : { settings, mistakes: [] };
}

interface Report {
  /** Notes that a value breaks its rule. */
  wrong(key: string, value: unknown, rule: string, hint?: string): void;
  /** Notes every key of `object` that is not one of `keys`. */
  known(
    prefix: string,
    object: Record<string, unknown>,
    keys: readonly string[],
    what: string,
  ): void;
}

function parseServices<Name extends string>(
  raw: unknown,
  names: readonly Name[],
  report: Report,
): Record<Name, ServiceSettings> {
  const given = raw === undefined ? {} : raw;
  if (!isMap(given)) {
    report.wrong("services", raw, `it must be a map with ${list(names)}`);
    return parseServices({}, names, report);
  }
  report.known("services.", given, names, "a service");
  const takenBy = new Map<number, string>();
  return Object.fromEntries(
    names.map((name) => {
      const settings = parseService(name, given[name] ?? {}, report);
      if ("nodePort" in settings && settings.nodePort !== undefined) {
        const other = takenBy.get(settings.nodePort);
        if (other)
          report.wrong(
            `services.${name}.nodePort`,
            settings.nodePort,
            `marquee:services.${other}.nodePort is the same, and each service needs its own`,
          );
        takenBy.set(settings.nodePort, name);
      }
      return [name, settings];
    }),
  ) as Record<Name, ServiceSettings>;
}

function parseService(
  name: string,
  raw: unknown,
  { wrong, known }: Report,
): ServiceSettings {
  const at = (key: string) => `services.${name}.${key}`;
  const fallback: DeployedSettings = { type: "ClusterIP", replicas: 2 };
  if (!isMap(raw)) {
    wrong(
      `services.${name}`,
      raw,
      "it must be a map, such as { type: ClusterIP, replicas: 2 }",
    );
    return fallback;
  }
  known(
    `services.${name}.`,
    raw,
    ["type", "replicas", "nodePort", "externalName"],
    "a setting of a service",
  );
  const type = serviceTypes.find(
    (known) => known === (raw.type ?? "ClusterIP"),
  );
  if (!type) {
    wrong(
      at("type"),
      raw.type,
      `it must be ${list(serviceTypes, "or")}`,
      suggestion(String(raw.type), serviceTypes),
    );
  }

  if (raw.replicas !== undefined && !isWhole(raw.replicas, 0))
    wrong(at("replicas"), raw.replicas, "it must be a whole number, 0 or more");
  if (
    raw.nodePort !== undefined &&
    !isWhole(raw.nodePort, nodePortRange.min, nodePortRange.max)
  )
    wrong(
      at("nodePort"),
      raw.nodePort,
      `it must be a whole number from ${nodePortRange.min} to ${nodePortRange.max}`,
    );
  if (raw.nodePort !== undefined && type && type !== "NodePort")
    wrong(
      at("nodePort"),
      raw.nodePort,
      `only a service of type NodePort has one, and ${at("type")} is ${type}`,
    );
  if (raw.externalName !== undefined && type && type !== "ExternalName")
    wrong(
      at("externalName"),
      raw.externalName,
      `only a service of type ExternalName has one, and ${at("type")} is ${type}`,
    );

  if (type === "ExternalName") {
    if (raw.replicas !== undefined)
      wrong(
        at("replicas"),
        raw.replicas,
        "a service of type ExternalName runs elsewhere and has no pods here",
      );
    if (
      typeof raw.externalName !== "string" ||
      !hostPattern.test(raw.externalName)
    )
      wrong(
        at("externalName"),
        raw.externalName,
        "a service of type ExternalName needs the DNS name of the host to lead to, such as auth.example.com",
      );
    return { type, externalName: String(raw.externalName) };
  }
  return {
    type: type ?? fallback.type,
    replicas: isWhole(raw.replicas, 0) ? raw.replicas : fallback.replicas,
    ...(isWhole(raw.nodePort, nodePortRange.min, nodePortRange.max)
      ? { nodePort: raw.nodePort }
      : {}),
  };
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isWhole = (
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): value is number =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

const list = (words: readonly string[], last = "and") =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;

/** " Did you mean x?" where a known word differs from `word` by no more than capitals and two letters. */
function suggestion(word: string, words: readonly string[]): string {
  const near = words.find(
    (known) => leven(known.toLowerCase(), word.toLowerCase()) <= 2,
  );
  return near ? ` Did you mean ${near}?` : "";
}
