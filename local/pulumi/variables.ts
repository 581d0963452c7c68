import { delimiter, join } from "node:path";
import { context, registry } from "../cluster/addresses.ts";
import { kubeconfig } from "../cluster/kubeconfig.ts";
import { enginePlatform } from "../docker/platform.ts";
import { cache, project } from "../environment.ts";
import { bin } from "../toolchain/index.ts";
import { stackContext } from "./stack-config.ts";
import { backend } from "./stacks.ts";

/** PULUMI_HOME: where Pulumi keeps its plugins. */
export const pulumiHome = join(cache, "pulumi-home");

/** Returns the environment variables that set up `pulumi` and `kubectl` for stack dev's cluster (`npm run env`). */
export const variables = async (): Promise<Record<string, string>> => ({
  ...programVariables(),
  ...(isLocal()
    ? {
        ...backendVariables,
        KUBECONFIG: kubeconfig,
        MARQUEE_REGISTRY: registry,
        MARQUEE_PLATFORM: await enginePlatform(),
      }
    : {
        ...backendVariables,
        ...(hasOwnBackend() ? ownBackendVariables() : {}),
      }),
});

/** Whether stack dev is configured for the local cluster. */
export const isLocal = (): boolean => stackContext() === context;

/** Whether the user has selected another Pulumi backend, for stacks on other clusters. */
export const hasOwnBackend = (): boolean =>
  !["", backendVariables.PULUMI_BACKEND_URL].includes(
    process.env.PULUMI_BACKEND_URL ?? "",
  );

const backendVariables = {
  PULUMI_BACKEND_URL: `file://${backend}`,
  PULUMI_CONFIG_PASSPHRASE: "",
};

/** The passphrase of Pulumi.dev.yaml is empty by default. */
const ownBackendVariables = () => ({
  PULUMI_BACKEND_URL: process.env.PULUMI_BACKEND_URL ?? "",
  PULUMI_CONFIG_PASSPHRASE: process.env.PULUMI_CONFIG_PASSPHRASE ?? "",
});

const programVariables = () => ({
  PATH: [
    bin,
    join(project, "node_modules/.bin"), // the Node.js version that the lockfile pins
    ...(process.env.PATH ?? "")
      .split(delimiter)
      .filter((folder) => folder !== bin && !isFromNpm(folder)),
  ].join(delimiter),
  PULUMI_HOME: pulumiHome,
  PULUMI_SKIP_UPDATE_CHECK: "true",
  NODE_COMPILE_CACHE: join(cache, "node-compile"), // makes a preview a quarter faster
});

/** Whether npm added a folder to the PATH for a script. */
const isFromNpm = (folder: string) =>
  /\/node_modules\/\.bin$|\/node-gyp-bin$/.test(folder);
