import * as pulumi from "@pulumi/pulumi";

export type Resource = pulumi.runtime.MockResourceArgs;

export interface EngineOptions {
  /** The stack's configuration, with full keys. */
  config?: Record<string, string>;
  /** @default dev */
  stack?: string;
  preview?: boolean;
  /** What the cluster or registry adds to a resource's inputs, by the resource's type. */
  answers?: Record<string, (resource: Resource) => object>;
}

/**
 * Runs a program of project marquee against an engine that only takes notes, and leaves nothing of it behind.
 * @returns what the program returned, with every output's value, and every resource it asked for, in order
 */
export async function deploy<T>(
  program: () => T,
  {
    config = {},
    stack = "dev",
    preview = false,
    answers = {},
  }: EngineOptions = {},
) {
  const resources: Resource[] = [];
  const before = pulumi.runtime.allConfig();
  pulumi.runtime.setAllConfig(config);
  await pulumi.runtime.setMocks(
    {
      newResource: (resource) => {
        resources.push(resource);
        return {
          id: `${resource.name}-id`,
          state: { ...resource.inputs, ...answers[resource.type]?.(resource) },
        };
      },
      call: () => ({}),
    },
    "marquee",
    stack,
    preview,
  );
  try {
    const outputs = await known(await program());
    await pulumi.runtime.disconnect(); // once everything is registered
    return { outputs, resources };
  } finally {
    pulumi.runtime.setAllConfig(before);
    pulumi.runtime.resetOptions("project", "stack", -1, "", "", false, "");
  }
}

/** The value of outputs, at any depth. */
const known = <T>(value: T) =>
  new Promise<pulumi.Unwrap<T>>((resolve) =>
    pulumi.output(value).apply((value) => resolve(value as pulumi.Unwrap<T>)),
  );

/** Options for a component that note, by type, the options it gives its children. */
export const noting = (
  children: Record<string, pulumi.CustomResourceOptions>,
): pulumi.ComponentResourceOptions => ({
  transformations: [
    ({ type, props, opts }) => {
      children[type] = opts;
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
