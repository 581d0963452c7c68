import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, isMap, parseDocument } from "yaml";
import { list } from "../../config/issues.ts";
import { localContext } from "../../config/local-cluster.ts";
import type { StackValue } from "../commands/up-options.ts";
import { project } from "../environment.ts";
import { say } from "../progress.ts";
import { UserError } from "../user-error.ts";

const devConfig = join(project, "Pulumi.dev.yaml");

function read(file: string): Document {
  if (!existsSync(file))
    throw new UserError(
      `${file} is missing. \`git checkout ${file}\` restores it.`,
    );
  const document = parseDocument(readFileSync(file, "utf8"));
  const [error] = document.errors;
  if (error) throw new UserError(`${file} is invalid YAML: ${error.message}`);
  return document;
}

/** Returns the kubeconfig context in stack dev's configuration. */
export const stackContext = (file = devConfig): unknown =>
  read(file).getIn(["config", "marquee:context"]);

/** Whether stack dev's configuration has a key. */
export const hasStackConfig = (key: string, file = devConfig): boolean =>
  read(file).hasIn(["config", key]);

/**
 * Sets keys of stack dev's configuration. The rest of the file stays as it is.
 * @param values by path, such as ["marquee:database", "image"]
 * @throws UserError if the file is not a stack's configuration; it stays as it is
 */
export function setStackConfig(values: StackValue[], file = devConfig): void {
  const document = read(file);
  for (const { path, value } of values) {
    const parents = ["config", ...path.slice(0, -1)];
    const parent = document.getIn(parents);
    if (parent !== undefined && !isMap(parent))
      throw new UserError(
        `${file} has ${JSON.stringify(parent)} at ${parents.at(-1)}: it must be a map.`,
      );
    document.setIn(["config", ...path], value);
  }
  writeFileSync(file, document.toString({ lineWidth: 0 }));
}

/**
 * Configures stack dev for an existing cluster, and reports the keys that it sets.
 * @param deployedTo the context that the stack is deployed to
 * @param kubeconfig paths in the format of the variable KUBECONFIG
 * @throws UserError before anything is written, if the context, the registry or the file can't be used
 */
export async function configureStack(
  values: StackValue[],
  {
    file = devConfig,
    kubeconfig = process.env.KUBECONFIG,
    deployedTo,
  }: {
    file?: string;
    kubeconfig?: string;
    deployedTo?: string | undefined;
  } = {},
): Promise<void> {
  // Loaded late, because it imports Pulumi's SDK, which other runs don't need.
  const { readKubeconfig } = await import("../../components/kubeconfig.ts");
  const { registryIssue } = await import("../../components/preflight.ts");
  const given = (key: string) =>
    values.find(({ path }) => path[0] === key)?.value;
  const context = given("marquee:context") ?? "";
  const { files, servers } = asUserErrors(() => readKubeconfig(kubeconfig));
  if (!servers.has(context))
    throw new UserError(
      `--context is ${context}, and ${files.join(", ")} has ${servers.size === 0 ? "no contexts" : `only ${list([...servers.keys()])}`}.`,
    );
  await requireDeployedContext(context, deployedTo, kubeconfig);
  const registry = given("marquee:registry");
  if (registry === undefined && !hasStackConfig("marquee:registry", file))
    throw new UserError(
      "--registry is missing: the cluster pulls the services' images from there.",
    );
  const issue =
    registry === undefined ? undefined : await registryIssue(registry);
  if (issue) throw new UserError(issue);
  setStackConfig(values, file);
  for (const { path, value } of values)
    say(`  ${path.join(".")} is now ${value} in Pulumi.dev.yaml`);
}

/**
 * Makes sure that a stack stays on the cluster that it is deployed to. The Pulumi program's own check comes too late:
 * `pulumi up` refreshes first, which fails if the former cluster's context is missing.
 * @param deployedTo the context that the stack is deployed to
 * @throws UserError if the context is another cluster's
 */
export async function requireDeployedContext(
  context: string,
  deployedTo: string | undefined,
  kubeconfig = process.env.KUBECONFIG,
): Promise<void> {
  if (deployedTo === undefined || deployedTo === context) return;
  const { readKubeconfig } = await import("../../components/kubeconfig.ts");
  const { contextChangeIssue } = await import(
    "../../components/stack-namespace.ts"
  );
  const issue = contextChangeIssue(
    context,
    { context: deployedTo, hasNamespace: true, programs: [] },
    asUserErrors(() => readKubeconfig(kubeconfig)).servers,
  );
  if (!issue) return;
  const hint =
    deployedTo === localContext
      ? " `npm run down` removes the local cluster with its stacks and data."
      : "";
  throw new UserError(issue + hint);
}

/** Rethrows errors of the Pulumi program's modules as UserErrors, because their messages are also for users. */
function asUserErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}
