import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";

export type Resource = pulumi.runtime.MockResourceArgs;

export interface EngineOptions {
  /** The stack's configuration, with full keys. */
  config?: Record<string, string>;
  /** The full keys whose values are encrypted, which the engine passes to the program. */
  encrypted?: string[];
  /** @default dev */
  stack?: string;
  preview?: boolean;
  /** Outputs that the cluster or registry adds to a resource's inputs, by the resource's type. */
  answers?: Record<string, (resource: Resource) => object>;
  /** The outputs of other stacks, by full name. All other stacks are unknown. */
  stacks?: Record<string, object>;
  /** This stack's state after its last update. @default empty, for a stack that was never deployed */
  state?: { outputs?: object; resources?: Record<string, object> };
}

/**
 * Runs a program of project marquee against a mock engine, and restores all global state afterwards.
 * @returns the program's result, with the value of every output, and all registered resources and calls, in order
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
    "organization", // the organization in every backend but Pulumi Cloud
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

/** Whether a stack reads its own state. */
const isOwn = ({ inputs }: pulumi.runtime.MockCallArgs, stack: string) =>
  (inputs.name ?? inputs.stackName) === `organization/marquee/${stack}`;

const stateOf = (
  { token }: pulumi.runtime.MockCallArgs,
  { outputs = {}, resources = {} }: NonNullable<EngineOptions["state"]>,
) => (token === "pulumi:pulumi:readStackOutputs" ? outputs : resources);

/** The outputs of another stack, or the engine's error if it is unknown. */
function outputsOf(
  { token, inputs }: pulumi.runtime.MockCallArgs,
  stacks: Record<string, object>,
): object {
  const outputs = stacks[inputs.name];
  if (token === "pulumi:pulumi:readStackOutputs" && outputs) return outputs;
  // The form of gRPC errors.
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

/** The warnings during some work. */
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

/** Options of a component that record the options of its children, by type and by name. */
export const recordOptions = (
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

/** The URNs of the components that may have been a resource's parent before. */
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

/** The number of resources by type. */
export const count = (resources: Resource[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(resources, ({ type }) => type)).map(
      ([type, all = []]) => [type, all.length],
    ),
  );
