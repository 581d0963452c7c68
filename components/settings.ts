import * as pulumi from "@pulumi/pulumi";
import { list, type Report, suggestion } from "./mistakes.ts";
import { parseServices, type ServiceSettings } from "./service-settings.ts";

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

const platforms = ["linux/amd64", "linux/arm64"];
/** A host without dot or port would be a path on Docker Hub: that is how image references are read. */
const registryPattern =
  /^(localhost|[a-z0-9-]+(?=:)|[a-z0-9-]+(\.[a-z0-9-]+)+)(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

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

/** Pulumi hands maps over as JSON text, and everything else as it is; what is empty (Pulumi.yaml's default) is not set. */
function parseValue(name: string, value: string): unknown {
  if (value === "") return undefined;
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
