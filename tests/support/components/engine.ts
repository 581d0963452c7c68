import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";

export type Resource = pulumi.runtime.MockResourceArgs;

export interface EngineOptions {
  /** The stack's configuration, with full keys. */
  config?: Record<string, string>;
  /** The full keys whose values were encrypted, as the engine tells the program. */
  encrypted?: string[];
  /** @default dev */
  stack?: string;
  preview?: boolean;
  /** What the cluster or registry adds to a resource's inputs, by the resource's type. */
  answers?: Record<string, (resource: Resource) => object>;
  /** What other stacks put out, by their full names. There are no others. */
  stacks?: Record<string, object>;
  /** What this stack's state has of its last update. @default nothing: it was never deployed */
  state?: { outputs?: object; resources?: Record<string, object> };
}

/**
 * Runs a program of project marquee against an engine that only takes notes, and leaves nothing of it behind.
 * @returns what the program returned, with every output's value, every resource it asked for, and all else that it asked, in order
 */
export async function deploy<T>(
  program: () => T,
  {
    config = {},
    encrypted,
    stack = "dev",
    preview = false,
    answers = {},
    stacks = {},
    state = {},
  }: EngineOptions = {},
) {
  const resources: Resource[] = [];
  const calls: pulumi.runtime.MockCallArgs[] = [];
  const before = pulumi.runtime.allConfig();
  const { PULUMI_CONFIG_SECRET_KEYS } = process.env;
  pulumi.runtime.setAllConfig(config);
  setSecretKeys(encrypted && JSON.stringify(encrypted));
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        resources.push(resource);
        return {
          id: `${resource.name}-id`,
          state: { ...resource.inputs, ...answers[resource.type]?.(resource) },
        };
      },
      call: (call) => {
        calls.push(call);
        return {
          outputs: isOwn(call, stack)
            ? stateOf(call, state)
            : outputsOf(call, stacks),
        };
      },
    },
    "marquee",
    stack,
    preview,
    "organization", // as every backend but Pulumi's own service has it
  );
  try {
    const outputs = await known(await program());
    await pulumi.runtime.disconnect(); // once everything is registered
    return { outputs, resources, calls };
  } finally {
    pulumi.runtime.setAllConfig(before);
    setSecretKeys(PULUMI_CONFIG_SECRET_KEYS);
    pulumi.runtime.resetOptions("project", "stack", -1, "", "", false, "");
  }
}

/** Whether a stack asks for its own state. */
const isOwn = ({ inputs }: pulumi.runtime.MockCallArgs, stack: string) =>
  (inputs.name ?? inputs.stackName) === `organization/marquee/${stack}`;

const stateOf = (
  { token }: pulumi.runtime.MockCallArgs,
  { outputs = {}, resources = {} }: NonNullable<EngineOptions["state"]>,
) => (token === "pulumi:pulumi:readStackOutputs" ? outputs : resources);

/** What another stack put out, as the engine tells it. */
function outputsOf(
  { token, inputs }: pulumi.runtime.MockCallArgs,
  stacks: Record<string, object>,
): object {
  const outputs = stacks[inputs.name];
  if (token === "pulumi:pulumi:readStackOutputs" && outputs) return outputs;
  // As gRPC has it.
  const details = `unknown stack "${inputs.name}"`;
  throw Object.assign(new Error(details), { details });
}

function setSecretKeys(keys: string | undefined): void {
  if (keys === undefined) delete process.env.PULUMI_CONFIG_SECRET_KEYS;
  else process.env.PULUMI_CONFIG_SECRET_KEYS = keys;
}

/** Asserts that a program ends without a stack trace, with this message. */
export const ends = (work: Promise<unknown>, message: string | RegExp) =>
  assert.rejects(work, (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error), error.stack);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });

/** What is warned of while some work is done. */
export async function warnings(work: () => Promise<unknown>) {
  const { warn } = console;
  const warnings: string[] = [];
  console.warn = (text: string) => warnings.push(text);
  try {
    await work();
  } finally {
    console.warn = warn;
  }
  return warnings;
}

/** The value of outputs, at any depth. */
export const known = <T>(value: T) =>
  new Promise<pulumi.Unwrap<T>>((resolve) =>
    pulumi.output(value).apply((value) => resolve(value as pulumi.Unwrap<T>)),
  );

/** Options for a component that note, by type and by name, the options it gives its children. */
export const noting = (
  children: Record<string, pulumi.CustomResourceOptions>,
): pulumi.ComponentResourceOptions => ({
  transformations: [
    ({ type, name, props, opts }) => {
      children[type] = opts;
      children[name] = opts;
      return { props, opts };
    },
  ],
});

/** The URNs of the components that a resource may have been a child of before. */
export const formerParents = async (options?: pulumi.CustomResourceOptions) =>
  Promise.all(
    [options?.aliases ?? []]
      .flat()
      .map((alias) => known((alias as pulumi.Alias).parent)),
  );

/** The only resource with this type, or with this type and name. */
export function only(resources: Resource[], type: string, name?: string) {
  const found = resources.filter(
    (resource) =>
      resource.type === type && (name === undefined || resource.name === name),
  );
  if (found.length === 1) return found[0] as Resource;
  throw new Error(
    `${found.length} resources are ${type} ${name ?? ""}; there are ${resources.map(({ type, name }) => `${type} ${name}`).join(", ")}`,
  );
}

/** How many resources there are of each type. */
export const count = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(resources, ({ type }) => type)).map(
      ([type, all = []]) => [type, all.length],
    ),
  );
