import { existsSync, readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import type { IsEncrypted } from "./encryption.ts";
import { withLocalDefaults } from "./local-cluster.ts";
import { mapKeys, parseSettings, type Settings } from "./settings.ts";
import { stackNameIssue } from "./stack-name.ts";
import { isMap } from "./values.ts";

/**
 * The current stack's settings.
 * @param names the services of the system
 * @param withDatabase the services that have a database; @default all
 * @throws pulumi.RunError that names every issue of the configuration, before anything is built or changed
 */
export function loadSettings<Name extends string>(
  names: readonly Name[],
  withDatabase: readonly Name[] = names,
): Settings<Name> {
  const stack = pulumi.getStack();
  const raw = withLocalDefaults(rawConfiguration(), process.env);
  if (!raw)
    throw new pulumi.RunError(
      `Stack ${stack} is for the local cluster, and this shell lacks the variables of one. Create the cluster with \`npm run up\`, then run: eval "$(npm run -s env)". Or set marquee:registry, marquee:platform, marquee:baseImage and marquee:database.image.`,
    );
  const parsed = parseSettings(raw, names, encryptedValues(), withDatabase);
  const nameIssue = stackNameIssue(pulumi.getProject(), stack);
  if (parsed.settings && !nameIssue) return parsed.settings;
  const issues = [...(nameIssue ? [nameIssue] : []), ...parsed.issues];
  throw new pulumi.RunError(
    `The configuration of stack ${stack} is invalid, so nothing was built or changed:\n` +
      issues.map((issue) => `  - ${issue}\n`).join("") +
      `It is in Pulumi.${stack}.yaml; \`pulumi config set --path 'marquee:services.auth.replicas' 3\` sets one value.`,
  );
}

/** The values of the stack's configuration by key, without the `marquee:` in front. */
function rawConfiguration(): Record<string, unknown> {
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig())) {
    const [namespace, name] = key.split(":") as [string, string];
    // Empty, which is the default in Pulumi.yaml, means that the key is not set.
    if (namespace === pulumi.getProject() && value !== "")
      raw[name] = parseValue(name, value);
  }
  return raw;
}

/** Pulumi passes maps as JSON, and other values as plain text. */
function parseValue(name: string, value: string): unknown {
  if (!mapKeys.includes(name)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/**
 * Reads which values of the current stack's configuration are encrypted. The engine only tells this of whole keys, so
 * the stack's file is read, if it is in the project's folder.
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
      config?.[`${project}:${key}`] ?? config?.[key], // Pulumi, too, allows keys without the project's name
    );
    return value === undefined
      ? keys.includes(`${project}:${key}`)
      : isMap(value) && "secure" in value;
  };
}
