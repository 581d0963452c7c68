import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { host, registry } from "./cluster/addresses.ts";
import { project } from "./host.ts";
import { UserError } from "./user-error.ts";

/**
 * Makes sure that stack dev's configuration is for this local environment and this kind of machine.
 * @throws UserError with every line that has to be another one
 */
export function requireStackConfig(
  config: Record<string, unknown> = parse(
    readFileSync(join(project, "Pulumi.dev.yaml"), "utf8"),
  ).config,
  arch: NodeJS.Architecture = process.arch,
): void {
  const wanted: Record<string, string> = {
    "marquee:context": "marquee-local",
    "marquee:registry": registry,
    "marquee:baseImage": `${registry}/node:24`,
    ...(arch === "arm64" ? { "marquee:platform": "linux/arm64" } : {}),
  };
  const wrong = Object.entries(wanted).filter(
    ([key, value]) => config[key] !== value,
  );
  if (wrong.length === 0) return;
  throw new UserError(
    `Pulumi.dev.yaml is not for the local cluster on ${host}. These lines have to be there:\n` +
      wrong.map(([key, value]) => `  ${key}: ${value}\n`).join("") +
      "If you use a cluster of your own, you need no `npm run up`: see “Your own cluster and registry” in README.md.",
  );
}
