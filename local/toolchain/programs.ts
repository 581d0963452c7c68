import { join } from "node:path";
import { contentKey } from "../content-key.ts";
import { cache } from "../environment.ts";

/** The versions that the Go modules in this folder pin. `pulumi` on the PATH may be newer. */
export const versions = {
  pulumi: "3.220.0",
  kubernetesProvider: "4.25.0",
  dockerProvider: "5.2.0",
  kubernetes: "1.34.2",
} as const;

export const modules = join(import.meta.dirname, "go");
export const languageHost = join(import.meta.dirname, "language-host");
export const providerModule = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** The Go package of each program. */
export const clusterPackages = {
  kube: "./kube",
  coredns: "./coredns",
  "metallb-controller": "go.universe.tf/metallb/controller",
};
export const hostPackages = {
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  "pulumi-resource-kubernetes": `${providerModule}/cmd/pulumi-resource-kubernetes`,
};
export type HostProgram = keyof typeof hostPackages;

/** Changes with the modules and with the code that compiles them. */
const key = contentKey([
  modules,
  languageHost,
  ...[
    "builder.Dockerfile",
    "builder.ts",
    "compile.ts",
    "go.ts",
    "kubernetes-provider.ts",
  ].map((file) => join(import.meta.dirname, file)),
  import.meta.filename,
]);
const folder = join(
  cache,
  "toolchain",
  `${key}-${process.platform}-${process.arch}`,
);

/** The image with the cluster's programs in /programs/bin and MetalLB's CustomResourceDefinitions in /programs/crds. */
export const clusterPrograms = `marquee/programs:${versions.kubernetes}-${key.slice(0, 8)}`;

/** The folder for the PATH. */
export const bin = join(folder, "bin");

/** Not in `bin`, because Pulumi would use a provider on the PATH and print a warning. */
export const provider = join(folder, "pulumi-resource-kubernetes");

/** The language host is a script in `bin` that starts `languageHostProgram` with a flag. */
export const languageHostScript = join(bin, "pulumi-language-nodejs");
export const languageHostProgram = join(folder, "pulumi-language-nodejs");

export const pathOf = (program: HostProgram): string =>
  program === "pulumi-resource-kubernetes" ? provider : join(bin, program);
