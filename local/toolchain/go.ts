import { type Builder, type BuilderOptions, inBuilder } from "./builder.ts";

/** The target platform of `go build`. */
export interface GoPlatform {
  GOOS: string;
  GOARCH: string;
}

/** The platform that this process runs on. */
export const hostPlatform: GoPlatform = {
  GOOS: process.platform,
  GOARCH: process.arch === "x64" ? "amd64" : process.arch,
};

/** The platform of the Docker engine. */
export async function enginePlatform(builder: Builder): Promise<GoPlatform> {
  const env = await builder.run(["go", "env", "GOOS", "GOARCH"], {
    folder: "/",
  });
  const [GOOS = "", GOARCH = ""] = env.split("\n");
  return { GOOS, GOARCH };
}

/**
 * Builds programs without debug information.
 * @param output a folder in the container, with a trailing slash
 * @param variables values of Go variables that the linker sets, by qualified name
 */
export const goBuild = (
  builder: Builder,
  packages: string[],
  output: string,
  options: BuilderOptions,
  variables: Record<string, string> = {},
): Promise<string> => {
  const set = Object.entries(variables).map(
    ([name, value]) => `-X ${name}=${value}`,
  );
  return builder.run(
    [
      ...["go", "build", "-v", "-gcflags=all=-dwarf=false"],
      `-ldflags=${["-s -w", ...set].join(" ")}`,
      ...["-o", output, ...packages],
    ],
    options,
  );
};

/** Returns the folder of a module that the main module requires. */
export const goModuleFolder = (
  builder: Builder,
  module: string,
  options: BuilderOptions,
) => builder.run(["go", "list", "-m", "-f", "{{.Dir}}", module], options);

/**
 * Builds programs for this machine.
 * @param packages such as github.com/stripe/stripe-mock
 * @param module the folder with the go.mod that requires them
 * @param output an existing folder
 */
export const buildForHost = (
  packages: string[],
  module: string,
  output: string,
): Promise<void> =>
  inBuilder(async (builder) => {
    await builder.copyIn(`${module}/.`, "/work");
    const options = { folder: "/work", env: { ...hostPlatform } };
    await goBuild(builder, packages, "/out/", options);
    await builder.copyOut("/out/.", output);
  });
