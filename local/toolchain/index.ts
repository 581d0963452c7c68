import {
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { contentKey } from "../content-key.ts";
import { cache } from "../host.ts";
import { step } from "../progress.ts";
import { go, goBuild, goModuleFolder } from "./go.ts";
import { leanProvider } from "./lean-provider.ts";

/** The versions that the Go modules beside this file pin; `pulumi` on the PATH may be newer. */
export const versions = {
  pulumi: "3.220.0",
  kubernetesProvider: "4.25.0",
  dockerProvider: "5.2.0",
  kubernetes: "1.34.2",
} as const;

const modules = join(import.meta.dirname, "go");
const languageHost = join(import.meta.dirname, "language-host");
const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** Programs by the name they get, with the Go package each is built from. */
const clusterPrograms = {
  kube: "./kube",
  coredns: "./coredns",
  "metallb-controller": "go.universe.tf/metallb/controller",
};
const cliPrograms = { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" };
const providerPrograms = {
  "pulumi-resource-kubernetes": `${providerModule}/cmd/pulumi-resource-kubernetes`,
};

/** Everything that decides what the programs are: a change here or in the modules makes a new toolchain. */
export const key: string = contentKey([
  modules,
  languageHost,
  join(import.meta.dirname, "go.ts"),
  join(import.meta.dirname, "lean-provider.ts"),
  import.meta.filename,
]);
const folder = join(cache, "toolchain", key);

/** Where the programs are that people type. `kube` also goes by the names of what it holds: kubectl, etcd …. */
export const bin = join(folder, "bin");

/** The kinds of object that MetalLB's controller needs in the cluster; from its module, as files. */
export const loadBalancerKinds = join(folder, "load-balancer-kinds");

/** Where the provider is built to: on the PATH, Pulumi would take it from there and warn of that. */
export const provider = join(folder, "pulumi-resource-kubernetes");

/** Whether every program that has to be built here was built before. */
export const havePrograms = (ownPulumi: boolean): boolean =>
  Object.keys({
    ...clusterPrograms,
    ...(ownPulumi ? {} : { ...cliPrograms, ...providerPrograms }),
  }).every((program) => existsSync(pathOf(program)));

/**
 * Builds the programs that the cache lacks: the cluster's, and of Pulumi what is not to be had otherwise.
 * @param pulumi whether to build the command line with its language host, and the Kubernetes provider
 */
export async function ensurePrograms(pulumi: {
  cli: boolean;
  provider: boolean;
}): Promise<void> {
  const wanted: Record<string, string> = {
    ...clusterPrograms,
    ...(pulumi.cli ? cliPrograms : {}),
    ...(pulumi.provider ? providerPrograms : {}),
  };
  const missing = Object.keys(wanted).filter(
    (program) => !existsSync(pathOf(program)),
  );
  const noHost = pulumi.cli && !existsSync(join(bin, "pulumi-language-nodejs"));
  if (missing.length === 0 && !noHost) return;
  await step(
    `${pulumi.provider ? "Pulumi and Kubernetes" : "Kubernetes"} from Go modules`,
    async (report) => {
      mkdirSync(bin, { recursive: true });
      if (noHost) await buildLanguageHost(report);
      if (missing.length > 0)
        await buildPrograms(
          Object.fromEntries(
            missing.map((program) => [program, wanted[program] as string]),
          ),
          report,
        );
    },
    `${pulumi.provider ? "about 7" : "about 4"} minutes on 2 cores, once`,
  );
}

const pathOf = (program: string) =>
  program in providerPrograms ? provider : join(bin, program);

async function buildPrograms(
  programs: Record<string, string>,
  report: (status: string) => void,
): Promise<void> {
  const work = join(folder, "work");
  rmSync(work, { recursive: true, force: true });
  cpSync(modules, work, { recursive: true });
  const options = { cwd: work, log: "toolchain" };

  report("downloading modules");
  await go(["mod", "download"], { ...options, onLine: report });
  if (programs["pulumi-resource-kubernetes"]) {
    await leanProvider(
      await goModuleFolder(providerModule, options),
      join(work, "kubernetes-provider"),
      versions.kubernetesProvider,
    );
    const replace = `-replace=${providerModule}=./kubernetes-provider`;
    await go(["mod", "edit", replace], options);
  }
  const packages = Object.values(programs);
  const dependencies = await go(["list", "-deps", ...packages], options);
  const all = dependencies.split("\n").length;
  let built = 0;
  const stamps: Record<string, string> = {
    "k8s.io/component-base/version.gitVersion": `v${versions.kubernetes}`,
    "k8s.io/client-go/pkg/version.gitVersion": `v${versions.kubernetes}`,
    "k8s.io/component-base/version.gitMajor": "1",
    "k8s.io/component-base/version.gitMinor": "34",
    [`${providerModule}/pkg/version.Version`]: versions.kubernetesProvider,
    "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": `v${versions.pulumi}`,
  };
  if (programs["metallb-controller"]) {
    const source = await goModuleFolder("go.universe.tf/metallb", options);
    cpSync(join(source, "config/crd/bases"), loadBalancerKinds, {
      recursive: true,
    });
  }
  const output = join(work, "out");
  mkdirSync(output);
  // One `go build` for all: the packages that they share are compiled once.
  const onLine = (line: string) => {
    if (/^[\w.-]+(\/|$)/.test(line)) built++;
    report(`package ${built} of at most ${all}`);
  };
  await goBuild(packages, `${output}/`, { ...options, onLine }, stamps);
  for (const [program, source] of Object.entries(programs))
    renameSync(
      join(output, source.split("/").at(-1) as string),
      pathOf(program),
    );
  rmSync(join(bin, "kubectl"), { force: true });
  symlinkSync("kube", join(bin, "kubectl"));
  rmSync(work, { recursive: true, force: true });
}

/**
 * The Node.js language host. This version is older than the command line and doesn't see Pulumi.yaml's runtime options: what
 * they say (`typescript: false`) is told to it by a flag, or it would load the TypeScript compiler at every start (0.5 s).
 */
async function buildLanguageHost(
  report: (status: string) => void,
): Promise<void> {
  report("Node.js language host");
  const program = join(folder, "pulumi-language-nodejs");
  await goBuild(
    ["github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"],
    program,
    { cwd: languageHost, log: "toolchain" },
  );
  const script = join(bin, "pulumi-language-nodejs");
  writeFileSync(
    `${script}.new`,
    `#!/bin/sh\nexec '${program}' -typescript=false "$@"\n`,
    { mode: 0o755 },
  );
  renameSync(`${script}.new`, script);
}
