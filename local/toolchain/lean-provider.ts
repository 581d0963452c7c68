import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../host.ts";

/**
 * A copy of the Kubernetes provider's module without its component kinds (ConfigFile, ConfigGroup, Chart v4, Directory):
 * Marquee uses none of them, and they pull the whole generated Go SDK in, a third of all the CPU that the build took.
 * Its embedded schema is made as upstream's generate.go makes it.
 */
export async function leanProvider(
  source: string,
  target: string,
  version: string,
): Promise<void> {
  await run("cp", ["-r", source, target]);
  await run("chmod", ["-R", "u+w", target]); // Go's module cache is read-only
  const file = join(target, "pkg/provider/provider_construct.go");
  const original = readFileSync(file, "utf8");
  const lean = original
    .replace(/^\tprovider(helmv4|kustomizev2|yamlv2) ".*"\n/gm, "")
    .replace(/^\t"kubernetes:.*\n/gm, "");
  if (original.split("\n").length - lean.split("\n").length !== 7)
    throw new Error(
      `${file} is not as expected: 3 imports and 4 component kinds were to be taken out.`,
    );
  writeFileSync(file, lean);
  patchRolloutWait(join(target, "pkg/await/deployment.go"));
  const command = join(target, "cmd/pulumi-resource-kubernetes");
  const json = (name: string) =>
    JSON.parse(readFileSync(join(command, name), "utf8"));
  writeFileSync(
    join(command, "schema-embed.json"),
    JSON.stringify({
      ...json("schema.json"),
      version: version,
    }),
  );
  writeFileSync(
    join(command, "terraform-mapping-embed.json"),
    JSON.stringify(json("terraform-mapping.json")),
  );
}

/**
 * Upstream may take a Deployment's rollout for finished before it began: where several are updated at once, the first event
 * that it sees may be from before the update, and that one passes its test. The test is made to ask for the update's generation.
 */
function patchRolloutWait(file: string): void {
  const original = readFileSync(file, "utf8");
  const test = "if deployment.GetGeneration() == observedGeneration {";
  if (original.split(test).length !== 2)
    throw new Error(`${file} is not as expected: it has no "${test}".`);
  writeFileSync(
    file,
    original.replace(
      test,
      "if deployment.GetGeneration() == observedGeneration && observedGeneration >= dia.config.currentOutputs.GetGeneration() {",
    ),
  );
}
