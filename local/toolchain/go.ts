import { type RunOptions, run } from "../host.ts";

/** Runs `go` as every program here is built: without C, and the same bytes whatever the folder. */
export const go = (args: string[], options: RunOptions): Promise<string> =>
  run("go", args, {
    ...options,
    env: {
      ...process.env,
      CGO_ENABLED: "0",
      // The compiler collects less garbage: less CPU for more memory (at most 2 GB a core).
      GOGC: process.env.GOGC ?? "400",
      GOFLAGS: `${process.env.GOFLAGS ?? ""} -buildvcs=false -trimpath`,
      GOWORK: "off",
    },
  });

/**
 * Builds programs, each package's line by line to `onLine`. Nobody debugs them here, so no debug information is made, nor linked.
 * @param output a file, or a folder with a slash
 * @param variables set in the programs by the linker, by their full names
 */
export const goBuild = (
  packages: string[],
  output: string,
  options: RunOptions,
  variables: Record<string, string> = {},
): Promise<string> => {
  const set = Object.entries(variables).map(
    ([name, value]) => `-X ${name}=${value}`,
  );
  return go(
    [
      ...["build", "-v", "-gcflags=all=-dwarf=false"],
      `-ldflags=${["-s -w", ...set].join(" ")}`,
      ...["-o", output, ...packages],
    ],
    options,
  );
};

/** The folder of a module that the main module in `cwd` requires. */
export const goModuleFolder = (module: string, options: RunOptions) =>
  go(["list", "-m", "-f", "{{.Dir}}", module], options);
