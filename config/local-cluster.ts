import { isMap } from "./values.ts";

/** The kubeconfig context of the cluster that `npm run up` creates. */
export const localContext = "marquee-local";

/**
 * Adds the registry, platform and images of the local cluster to the configuration of a stack that runs there, where
 * the configuration does not set them. They differ between machines.
 * @param raw the values by key, without the `marquee:` in front
 * @param env has MARQUEE_REGISTRY and MARQUEE_PLATFORM in shells that ran `eval "$(npm run -s env)"`
 * @returns the configuration; undefined if the environment lacks what the configuration leaves out
 */
export function withLocalDefaults(
  raw: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
): Record<string, unknown> | undefined {
  if (raw.context !== localContext) return raw;
  const { MARQUEE_REGISTRY: registry, MARQUEE_PLATFORM: platform } = env;
  const { database = {} } = raw;
  const complete = {
    ...raw,
    registry: raw.registry ?? registry,
    platform: raw.platform ?? platform,
    baseImage: raw.baseImage ?? (registry && `${registry}/node:24`),
    // parseDatabase reports a value that is not a map.
    database: isMap(database)
      ? { image: registry && `${registry}/postgres:17`, ...database }
      : database,
  };
  const values = [
    ...Object.values(complete),
    isMap(complete.database) ? complete.database.image : "",
  ];
  return values.includes(undefined) ? undefined : complete;
}
