import { parseArgs } from "node:util";
import { imagePattern, registryPattern } from "../../config/image-reference.ts";
import { localContext } from "../../config/local-cluster.ts";
import { UserError } from "../user-error.ts";

export const usage = `usage: npm run up [-- --context <context> [--registry <registry>] [<option> …]]

Creates a Kubernetes cluster on this machine and deploys Marquee to it. With --context, deploys to an existing cluster:
the options are saved in Pulumi.dev.yaml, and later runs of \`npm run up\` need none.

  --context <context>       the kubeconfig context of the cluster
  --registry <registry>     where images are pushed to and pulled from, such as localhost:5001 or ghcr.io/acme
  --base-image <image>      the image that services run on (gcr.io/distroless/nodejs24-debian13)
  --database-image <image>  the image of PostgreSQL (postgres:17)
  --platform <platform>     the nodes' platform: linux/amd64 (default) or linux/arm64
`;

/** A key of stack dev's configuration, and its new value. */
export interface StackValue {
  path: [key: string, ...keys: string[]];
  value: string;
}

export interface UpOptions {
  help: boolean;
  /** Empty without options. */
  values: StackValue[];
}

const paths: Record<string, StackValue["path"]> = {
  context: ["marquee:context"],
  registry: ["marquee:registry"],
  "base-image": ["marquee:baseImage"],
  "database-image": ["marquee:database", "image"],
  platform: ["marquee:platform"],
};

/** @throws UserError for unknown options and invalid values */
export function parseUp(args: string[]): UpOptions {
  const { help = false, ...given } = read(args);
  const values = Object.entries(paths).flatMap(([option, path]) => {
    const value = given[option];
    return value === undefined ? [] : [{ path, value: String(value) }];
  });
  const reject = (text: string): never => {
    throw new UserError(`${text}\n\n${usage}`);
  };
  const { context, registry, platform } = given;
  if (values.length > 0 && context === undefined)
    reject("--context is missing: the other options describe its cluster.");
  if (context === localContext)
    reject(
      `--context is ${localContext}, the cluster that \`npm run up\` creates without options. To return to it, undo the changes of Pulumi.dev.yaml.`,
    );
  for (const { path, value } of values)
    if (value.trim() === "") reject(`The value of ${path.at(-1)} is empty.`);
  if (registry !== undefined && !registryPattern.test(String(registry)))
    reject(
      `--registry is "${registry}": it must be a host with an optional port and path, in lower case and without "https://".`,
    );
  if (platform !== undefined && !/^linux\/(amd64|arm64)$/.test(`${platform}`))
    reject(
      `--platform is "${platform}": it must be linux/amd64 or linux/arm64.`,
    );
  for (const option of ["base-image", "database-image"])
    if (option in given && !imagePattern.test(String(given[option])))
      reject(
        `--${option} is "${given[option]}": it must be an image reference, such as ghcr.io/acme/image:1.`,
      );
  return { help: help === true, values };
}

function read(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean" },
        ...Object.fromEntries(
          Object.keys(paths).map((option) => [
            option,
            { type: "string" as const },
          ]),
        ),
      },
    }).values as Record<string, string | boolean | undefined>;
  } catch (error) {
    throw new UserError(`${(error as Error).message}\n\n${usage}`);
  }
}
