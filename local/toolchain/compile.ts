import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Builder, BuilderOptions } from "./builder.ts";
import {
  enginePlatform,
  type GoPlatform,
  goBuild,
  goModuleFolder,
  hostPlatform,
} from "./go.ts";
import { patchProvider } from "./kubernetes-provider.ts";
import {
  bin,
  clusterPackages,
  clusterPrograms,
  type HostProgram,
  hostPackages,
  languageHost,
  languageHostProgram,
  languageHostScript,
  modules,
  pathOf,
  providerModule,
  versions,
} from "./programs.ts";

/** The programs that a build has to produce. */
export interface Missing {
  cluster: boolean;
  languageHost: boolean;
  host: HostProgram[];
}

const work = "/work";
const options: BuilderOptions = { folder: work, log: "toolchain" };

/** Compiles the missing programs: those for this machine into the cache, and those for the cluster into an image. */
export async function compile(
  builder: Builder,
  missing: Missing,
  report: (status: string) => void,
): Promise<void> {
  mkdirSync(bin, { recursive: true });
  await builder.copyIn(`${modules}/.`, work);
  report("downloading modules");
  // Downloads are limited by the network, and the language host's build by the CPU.
  await Promise.all([
    builder.run(["go", "mod", "download"], options),
    missing.languageHost && buildLanguageHost(builder),
  ]);
  if (missing.host.includes("pulumi-resource-kubernetes"))
    await replaceProvider(builder);
  await buildPrograms(
    builder,
    [
      ...(missing.cluster
        ? programsOf(clusterPackages, await enginePlatform(builder))
        : []),
      ...programsOf(hostPackages, hostPlatform).filter(({ name }) =>
        missing.host.some((each) => each === name),
      ),
    ],
    report,
  );
  for (const name of missing.host)
    await install(builder, `${output}/${name}`, pathOf(name));
  if (missing.cluster) await saveClusterPrograms(builder);
}

interface Program {
  name: string;
  source: string;
  platform: GoPlatform;
}

const programsOf = (
  packages: Record<string, string>,
  platform: GoPlatform,
): Program[] =>
  Object.entries(packages).map(([name, source]) => ({
    name,
    source,
    platform,
  }));

/** The folder of the compiled programs in the container. */
const output = "/out";

const stamps: Record<string, string> = {
  "k8s.io/component-base/version.gitVersion": `v${versions.kubernetes}`,
  "k8s.io/client-go/pkg/version.gitVersion": `v${versions.kubernetes}`,
  "k8s.io/component-base/version.gitMajor": "1",
  "k8s.io/component-base/version.gitMinor": "34",
  [`${providerModule}/pkg/version.Version`]: versions.kubernetesProvider,
  "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}`,
};

async function buildPrograms(
  builder: Builder,
  programs: Program[],
  report: (status: string) => void,
): Promise<void> {
  if (programs.length === 0) return;
  const packages = programs.map(({ source }) => source);
  const dependencies = await builder.run(
    ["go", "list", "-deps", ...packages],
    options,
  );
  const all = dependencies.split("\n").length;
  let built = 0;
  const onLine = (line: string) => {
    if (/^[\w.-]+(\/|$)/.test(line)) built++;
    report(`package ${built} of at most ${all}`);
  };
  // One `go build` for each platform: while a program is linked, other cores compile the packages of the next.
  const byPlatform = Map.groupBy(programs, ({ platform }) =>
    Object.values(platform).join("/"),
  );
  for (const group of byPlatform.values()) {
    const env = { ...group[0]?.platform };
    const sources = group.map(({ source }) => source);
    await goBuild(
      builder,
      sources,
      `${output}/`,
      { ...options, onLine, env },
      stamps,
    );
  }
}

/** Replaces the Kubernetes provider's module by a patched copy. */
async function replaceProvider(builder: Builder): Promise<void> {
  const copy = `${work}/kubernetes-provider`;
  const source = await goModuleFolder(builder, providerModule, options);
  await builder.run(["cp", "-r", source, copy], options);
  // Go's module cache is read-only, and a copy of read-only folders can only be changed by root.
  await builder.run(["chmod", "-R", "u+w", copy], options);
  const folder = mkdtempSync(join(tmpdir(), "marquee-provider-"));
  try {
    await builder.copyOut(`${copy}/.`, folder);
    patchProvider(folder, versions.kubernetesProvider);
    await builder.copyIn(`${folder}/.`, copy);
  } finally {
    rmSync(folder, { recursive: true });
  }
  await builder.run(
    ["go", "mod", "edit", `-replace=${providerModule}=${copy}`],
    options,
  );
}

/** Saves the cluster's programs as an image, which the node image copies from. */
async function saveClusterPrograms(builder: Builder): Promise<void> {
  const metallb = await goModuleFolder(
    builder,
    "go.universe.tf/metallb",
    options,
  );
  await builder.run(["mkdir", "-p", "/programs/bin"], options);
  await builder.run(
    ["cp", "-r", `${metallb}/config/crd/bases`, "/programs/crds"],
    options,
  );
  for (const [name, source] of Object.entries(clusterPackages))
    await builder.run(
      ["mv", `${output}/${basename(source)}`, `/programs/bin/${name}`],
      options,
    );
  await builder.run(["rm", "-r", work, output], { folder: "/" });
  await builder.commit(clusterPrograms);
}

/**
 * Builds the Node.js language host. It is older than the Pulumi CLI and ignores the runtime options in Pulumi.yaml, so
 * a script passes `typescript: false` as a flag. Otherwise it would load the TypeScript compiler at every start (0.5
 * s).
 */
async function buildLanguageHost(builder: Builder): Promise<void> {
  const module = "/language-host";
  await builder.copyIn(`${languageHost}/.`, module);
  await goBuild(
    builder,
    ["github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"],
    `${module}/out/`,
    { ...options, folder: module, env: { ...hostPlatform } },
  );
  await install(
    builder,
    `${module}/out/pulumi-language-nodejs`,
    languageHostProgram,
  );
  const script = `#!/bin/sh\nexec '${languageHostProgram}' -typescript=false "$@"\n`;
  writeFileSync(`${languageHostScript}.new`, script, { mode: 0o755 });
  renameSync(`${languageHostScript}.new`, languageHostScript);
}

/** Copies a program to this machine. A rename makes it appear complete, so an interrupted copy isn't used. */
async function install(
  builder: Builder,
  from: string,
  to: string,
): Promise<void> {
  await builder.copyOut(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}
