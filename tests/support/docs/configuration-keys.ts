import { mock } from "node:test";
import { Issues } from "../../../config/issues.ts";
import { parseSettings } from "../../../config/settings.ts";
import { encrypted, names } from "../components/configurations.ts";

/** A key of the stack config, as parsers know it. */
export interface ConfigurationKey {
  /** As in the documentation, such as `services.<name>.autoscale.min` or `registryCredentials.<host>.username`. */
  name: string;
  /** The steps to its value in a configuration. */
  path: string[];
}

/** A host or another name that the user chooses. */
const anyName = "probe";

/** Values that make a parser check the keys of a map, of a map of maps, or of a list of maps. */
const probes = [
  { [anyName]: 1 },
  { [anyName]: { [anyName]: 1 } },
  [{ [anyName]: 1 }],
];

const externalName = "auth.example.com";

/** Which keys are checked depends on the type of a service and on the database's place. */
const contexts = ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]
  .map((type) =>
    Object.fromEntries(names.map((name) => [name, { type, externalName }])),
  )
  .flatMap((services) => [
    { services },
    { services, database: { externalName: "db.example.com" } },
  ]);

/**
 * Finds every key that config/ knows, without a list of them: passes maps with an unknown key to the parsers, and
 * records the keys that they accept in its place.
 */
export function knownKeys(): ConfigurationKey[] {
  const children = new Map<string, readonly string[]>();
  const recording = mock.method(
    Issues.prototype,
    "rejectUnknownKeys",
    (prefix: string, _: object, keys: readonly string[]) =>
      children.set(pathOf(prefix).join(), keys),
  );
  try {
    const found: string[][] = [];
    const queue: string[][] = [[]];
    for (const path of queue) {
      for (const probe of probes) parse(path, probe);
      for (const [parent, keys] of children) {
        const steps = parent === "" ? [] : parent.split(",");
        for (const path of keys.map((key) => [...steps, key]))
          if (!found.some((known) => known.join() === path.join())) {
            found.push(path);
            queue.push(path);
          }
      }
    }
    const keys = found.map((path) => ({ path, name: nameOf(path) }));
    return [...new Map(keys.map((key) => [key.name, key])).values()];
  } finally {
    recording.mock.restore();
  }
}

/** The issues of configurations with a value at a path, of each type of service. */
export const parse = (path: string[], value: unknown): string[] =>
  contexts.flatMap(
    (context) =>
      parseSettings(withValue(context, path, value), names, encrypted).issues,
  );

/** A copy of a configuration with a value at a path. Maps and lists on the way are created. */
function withValue(
  configuration: unknown,
  [step, ...rest]: string[],
  value: unknown,
): Record<string, unknown> {
  if (step === undefined) return value as Record<string, unknown>;
  const map = configuration as Record<string, unknown> | undefined;
  const child = withValue(map?.[step], rest, value);
  return (/^\d+$/.test(step) ? [child] : { ...map, [step]: child }) as Record<
    string,
    unknown
  >;
}

/** The steps of a key in a message, such as `services.auth.tolerations[0].key`. */
export const pathOf = (key: string): string[] => key.match(/[^.[\]"]+/g) ?? [];

/** A path as in the documentation. */
export function nameOf(path: readonly string[]): string {
  const [root, owner, ...rest] = path;
  const isService = (names as readonly string[]).includes(owner ?? "");
  const shown =
    isService && (root === "services" || root === "secrets")
      ? [root, "<name>", ...rest]
      : path;
  return shown
    .join(".")
    .replaceAll(`.${anyName}`, ".<host>")
    .replaceAll(/\.0(?=\.|$)/g, "[]");
}
