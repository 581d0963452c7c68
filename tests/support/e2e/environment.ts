import assert from "node:assert/strict";
import { execFileSync, type SpawnOptions, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parseDocument } from "yaml";
import { identityOf, isRunning } from "../../../local/host/processes.ts";

/**
 * The end-to-end tests run in a copy of this project, like a clone, with its own local environment
 * (MARQUEE_LOCAL=1: cluster marquee-1, everything on 127.0.0.2), so that they never change the developer's own.
 */
export const host = "127.0.0.2";
export const container = "marquee-1";
const project = join(import.meta.dirname, "../../..");

/** The environment without the variables that `eval "$(npm run -s env)"` sets. */
const clean = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) =>
      !/^(PULUMI_|KUBECONFIG$|MARQUEE_|NODE_COMPILE_CACHE$|npm_|LOG_LEVEL$)/.test(
        name,
      ),
  ),
);
let variables: NodeJS.ProcessEnv = { ...clean, MARQUEE_LOCAL: "1", CI: "true" };

/** The beginning of the copy's name, before the identity of the test process. */
const prefix = "marquee-e2e-";

/** The copy's folder, created on first use. */
export const clone = (): string => {
  folder ??= makeClone();
  return folder;
};
let folder: string | undefined;

function makeClone(): string {
  removeAbandonedClones();
  const target = join(tmpdir(), `${prefix}${identityOf(process.pid)}`);
  mkdirSync(target);
  const files = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    {
      cwd: project,
      encoding: "utf8",
    },
  );
  for (const file of files.split("\0")) {
    // A deletion may not be staged yet.
    if (file === "" || !existsSync(join(project, file))) continue;
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(project, file), join(target, file));
  }
  // Hard links, because `npm ci` would take 15 s.
  execFileSync("sh", [
    "-c",
    'cp -al "$1" "$2" 2>/dev/null || cp -a "$1" "$2"',
    "sh",
    join(project, "node_modules"),
    target,
  ]);
  execFileSync(
    "sh",
    [
      "-c",
      "git init -q && git add -A && git -c user.name=e2e -c user.email=e2e@localhost commit -qm copy",
    ],
    { cwd: target },
  );
  process.once("exit", () => rmSync(target, { recursive: true, force: true }));
  return target;
}

/** Removes the copies of test processes that were killed. */
function removeAbandonedClones(): void {
  for (const name of readdirSync(tmpdir()))
    if (name.startsWith(prefix) && !isRunning(name.slice(prefix.length)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
}

/** Replaces text in a file; fails if the file lacks it. */
export function edit(file: string, what: string | RegExp, by: string): void {
  const before = readFileSync(file, "utf8");
  const after = before.replace(what, by);
  assert.notEqual(after, before, `${file} has no ${what}`);
  writeFileSync(file, after);
}

/** Replaces a value in a stack's configuration. */
export function setConfig(
  stack: string,
  key: string | string[],
  value: unknown,
): void {
  const file = join(clone(), `Pulumi.${stack}.yaml`);
  const document = parseDocument(readFileSync(file, "utf8"));
  document.setIn(["config", key].flat(), value);
  writeFileSync(file, document.toString());
}

/**
 * Replaces a service's settings in stack dev's configuration.
 * @param stack whose configuration is changed instead
 */
export const configure = (
  service: string,
  settings: Record<string, unknown>,
  stack = "dev",
) => setConfig(stack, ["marquee:services", service], settings);

export interface Result {
  code: number | null;
  stdout: string;
  /** Standard output and standard error, interleaved. */
  output: string;
}

/** Runs a command line in the copy. */
export function sh(command: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = begin(command);
    const result: Result = { code: null, stdout: "", output: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      result.stdout += text;
      result.output += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      result.output += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ ...result, code }));
  });
}

/** Starts a command line that runs during the test. */
export const begin = (command: string, options: SpawnOptions = {}) =>
  spawn("bash", ["-c", command], {
    cwd: clone(),
    env: variables,
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });

/** Runs a command line that must succeed; returns its standard output. */
export async function ok(command: string): Promise<string> {
  const { code, stdout, output } = await sh(command);
  assert.equal(code, 0, `${command} ended with ${code}:\n${output}`);
  return stdout.trim();
}

/** Destroys stack staging, and deletes its retained namespace with the database's volume and the generated keys. */
export async function destroyStaging(): Promise<void> {
  await ok("pulumi destroy --yes --skip-preview --stack staging");
  await ok("kubectl delete namespace marquee-staging --ignore-not-found");
}

export const json = async (command: string) => JSON.parse(await ok(command));

/** Number of resources in a stack's state, as Pulumi counts them: without default providers. */
export async function resourceCount(stack = "dev"): Promise<number> {
  const { deployment } = await json(`pulumi stack export --stack ${stack}`);
  return deployment.resources.filter(
    ({ urn }: { urn: string }) => !/:providers:\w+::default/.test(urn),
  ).length;
}

/** Reverts the copy's files, and deploys stack dev with the configuration in the repository. */
export async function restoreDev(): Promise<void> {
  await revertFiles();
  await ok("pulumi stack select dev && pulumi up --yes --skip-preview");
}

/** Reverts the copy's files, and removes new ones except those that Git ignores. */
export const revertFiles = () =>
  ok("git checkout --quiet . && git clean --quiet --force -d");

let up: Promise<Result> | undefined;

/** Runs `npm run up` once for all tests of this process, and then sets the variables of `npm run env`. */
export function ensureUp(): Promise<Result> {
  up ??= (async () => {
    const result = await sh("npm run -s up");
    assert.equal(result.code, 0, result.output);
    await setVariables();
    return result;
  })();
  return up;
}

/** Runs `npm run up` unless stack dev is deployed. For tests with stacks of their own, run beside those of dev. */
export async function ensureCluster(): Promise<void> {
  const { code } = await sh(
    'eval "$(npm run -s env)" && kubectl get deployment auth-deployment',
  );
  await (code === 0 ? setVariables() : ensureUp());
}

async function setVariables(): Promise<void> {
  const env = await ok('eval "$(npm run -s env)" && env -0');
  variables = Object.fromEntries(
    env
      .split("\0")
      .filter(Boolean)
      .map((line) => {
        const equals = line.indexOf("=");
        return [line.slice(0, equals), line.slice(equals + 1)];
      }),
  );
}

/** Makes `kubectl` use a namespace by default. */
async function useNamespace(namespace: string): Promise<void> {
  const kubeconfig = join(clone(), ".git/kubeconfig");
  const { KUBECONFIG } = variables;
  if (KUBECONFIG !== kubeconfig) {
    cpSync(KUBECONFIG as string, kubeconfig);
    variables = { ...variables, KUBECONFIG: kubeconfig };
  }
  await ok(`kubectl config set-context --current --namespace ${namespace}`);
}

/**
 * Creates a stack in the cluster, and selects it. `kubectl` uses its namespace by default.
 * @param config the stack's configuration, besides the context, by key without `marquee:`
 */
export async function createStack(
  name: string,
  config: Record<string, unknown>,
): Promise<void> {
  await ok(`pulumi stack init ${name}`);
  const all = { context: "marquee-local", retainData: false, ...config };
  for (const [key, value] of Object.entries(all))
    setConfig(name, `marquee:${key}`, value);
  await ok(`git add Pulumi.${name}.yaml`); // so that revertFiles() keeps it
  await useNamespace(`marquee-${name}`);
}

/** Destroys a stack that a test created, with its data. */
export async function removeStack(name: string): Promise<void> {
  await ok(`pulumi destroy --yes --skip-preview --stack ${name}`);
  await ok(
    `pulumi stack rm --yes ${name} && git rm --cached --quiet Pulumi.${name}.yaml`,
  );
  await useNamespace("marquee-dev");
}

/** Waits until `condition` holds; fails after `seconds` with its last error. */
export async function until(
  condition: () => Promise<void>,
  seconds = 60,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await condition();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Every object's uid and specification, which an update may change. Terminating pods are omitted. */
export async function generations(
  namespace = "marquee-dev",
): Promise<Record<string, string>> {
  const { items } = await json(
    `kubectl get deployments,services,pods -n ${namespace} -o json`,
  );
  return Object.fromEntries(
    items
      .filter(
        ({ metadata }: { metadata: object }) =>
          !("deletionTimestamp" in metadata),
      )
      .map(
        ({
          kind,
          metadata,
          spec,
        }: {
          kind: string;
          metadata: { name: string; uid: string };
          spec: object;
        }) => [
          `${kind}/${metadata.name}`,
          `${metadata.uid} ${JSON.stringify(spec)}`,
        ],
      ),
  );
}

/** Runs `work` with the address of a `kubectl port-forward` to a Service, or to another object "kind/name". */
export async function forwarded<T>(
  target: string,
  port: number,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const object = target.includes("/") ? target : `service/${target}`;
  const child = begin(`exec kubectl port-forward ${object} :${port}`);
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding("utf8").on("data", (text: string) => {
          output += text;
          const local = output.match(/127\.0\.0\.1:(\d+) ->/);
          if (local) resolve(`http://127.0.0.1:${local[1]}`);
        });
      child.on("close", () =>
        reject(new Error(`port-forward ended: ${output}`)),
      );
    });
    return await work(url);
  } finally {
    child.kill();
  }
}
