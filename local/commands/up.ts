import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import {
  type DockerObjects,
  inspectObjects,
} from "../cluster/docker-objects.ts";
import { ensureCluster } from "../cluster/index.ts";
import {
  ensureNodeImage,
  hasNodeImage,
  prepareNodeImage,
} from "../cluster/node/image.ts";
import { requireOwn } from "../cluster/ownership.ts";
import { requireAddress, requirePorts } from "../cluster/ports.ts";
import { ensureDockerEngine } from "../docker/daemon.ts";
import { findEngine } from "../docker/engine.ts";
import { logs, project } from "../environment.ts";
import { canInstall } from "../host/debian-packages.ts";
import { withLock } from "../host/lock.ts";
import { requireMachine } from "../host/requirements.ts";
import { findShortages } from "../host/resources.ts";
import { ensureDebianImage, pullDebianImage } from "../images/debian.ts";
import {
  ensurePostgresImage,
  hasPostgresImage,
  pushPostgresImage,
} from "../images/postgres/image.ts";
import {
  ensureBaseImage,
  hasBaseImage,
  pushBaseImage,
} from "../images/service-base/image.ts";
import { elapsed, say, step } from "../progress.ts";
import { ownPulumi, pulumi } from "../pulumi/cli.ts";
import { prepareStack } from "../pulumi/dev-stack.ts";
import { ensurePulumi } from "../pulumi/plugins.ts";
import {
  configureStack,
  requireDeployedContext,
  stackContext,
} from "../pulumi/stack-config.ts";
import { deployedContext } from "../pulumi/stacks.ts";
import { hasOwnBackend, isLocal, variables } from "../pulumi/variables.ts";
import { hasPrograms } from "../toolchain/index.ts";
import { ownKubectl } from "../toolchain/kubectl.ts";
import { UserError } from "../user-error.ts";
import { describeEndpoint } from "./endpoints.ts";
import { parseUp, usage } from "./up-options.ts";

/** Deploys Marquee to Kubernetes, from a bare machine on. Uses what exists, and continues an interrupted run. */
export async function up(args: string[] = []): Promise<void> {
  const { help, values } = parseUp(args);
  if (help) return console.log(usage);
  mkdirSync(logs, { recursive: true });
  const local = values.length === 0 && isLocal();
  const deployedTo =
    !local && hasOwnBackend() ? undefined : deployedContext("dev");
  if (values.length > 0) await configureStack(values, { deployedTo });
  else await requireDeployedContext(String(stackContext() ?? ""), deployedTo);
  const where = local
    ? "a cluster on this machine"
    : `the cluster of the context ${stackContext()}`;
  say(`Marquee, on ${where}. Logs: ${logs}`);
  if (local) await requireAddress();
  await withLock(
    { file: "lock", holder: "another `npm run up`" },
    local ? bringUpCluster : bringUpPulumi,
  );
  await step("stack dev", prepareStack);
  await pulumiUp();
  await printWhatNext();
}

/** Installs Pulumi, its plugins and kubectl. The Pulumi program checks the cluster and the registry. */
async function bringUpPulumi(): Promise<void> {
  const [hasPulumi, hasKubectl] = await Promise.all([
    ownPulumi(),
    ownKubectl(),
  ]);
  await ensurePulumi(hasPulumi, { cluster: false, kubectl: !hasKubectl });
}

/** Sets up everything but the stack: toolchain, Docker engine, images, cluster and plugins. */
async function bringUpCluster(): Promise<void> {
  const [hasPulumi, hasKubectl, dockerEngine] = await Promise.all([
    ownPulumi(),
    ownKubectl(),
    findEngine(),
  ]);
  const [objects, images] =
    dockerEngine.state === "answers"
      ? await Promise.all([inspectObjects(), hasEveryImage()])
      : [{}, false];
  requireOwn(objects, "up"); // before minutes of building
  const builds =
    !images || !hasPrograms({ pulumi: hasPulumi, kubectl: hasKubectl });
  // As root on Debian, the image is built if it can't be pulled. Others need to pull it.
  const pullFailure =
    dockerEngine.state === "answers" && builds && !canInstall()
      ? await pullDebianImage()
      : undefined;
  const started = isStarted(objects);
  const work = builds ? "build" : "start";
  await requireMachine({ dockerEngine, pullFailure }, async () =>
    started && work === "start" ? [] : findShortages(dockerEngine, work),
  );
  if (!started) await requirePorts();
  await ensureDockerEngine();
  if (builds) await ensureDebianImage();
  const programs = { cluster: !(await hasNodeImage()), kubectl: !hasKubectl };
  // Compiling is limited by the CPU and installing Debian packages by the network, so both run at the same time.
  await Promise.all([
    ensurePulumi(hasPulumi, programs),
    images || prepareImages(),
  ]);
  await ensureNodeImage();
  await ensureCluster(async () => {
    await pushBaseImage();
    await pushPostgresImage();
  });
}

/** Whether the node runs, so that its ports and memory are already taken. */
const isStarted = ({ container }: DockerObjects) =>
  container?.status === "running" || container?.status === "paused";

const hasEveryImage = async () =>
  (
    await Promise.all([hasNodeImage(), hasBaseImage(), hasPostgresImage()])
  ).every(Boolean);

/** Prepares the images as far as possible without the compiled programs. */
async function prepareImages(): Promise<void> {
  await ensureBaseImage();
  await ensurePostgresImage();
  await prepareNodeImage();
}

/** Runs `pulumi up` with its output on this terminal. */
async function pulumiUp(): Promise<void> {
  const env = { ...process.env, ...(await variables()) };
  return new Promise((resolve, reject) => {
    const child = spawn(
      "pulumi",
      ["up", "--stack", "dev", "--yes", "--skip-preview"],
      {
        cwd: project,
        env,
        stdio: ["ignore", process.stderr.fd, process.stderr.fd],
      },
    );
    // The terminal also sends Ctrl-C to pulumi, which finishes its current operations: wait for it.
    const interrupted = () =>
      say("  interrupted: pulumi is finishing its current operations");
    process.on("SIGINT", interrupted);
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve()
        : reject(
            new UserError(
              "`pulumi up` failed; its output above says why. Fix that and run `npm run up` again.",
            ),
          ),
    );
  });
}

async function printWhatNext(): Promise<void> {
  const outputs = JSON.parse(
    await pulumi(["stack", "output", "--stack", "dev", "--json"]),
  ) as { endpoints: Record<string, string> };
  const endpoints = await Promise.all(
    Object.entries(outputs.endpoints).map(([service, url]) =>
      describeEndpoint(service, url),
    ),
  );
  console.log(`
Marquee is up (${elapsed()}).
${endpoints.join("\n")}

Open streaming's address in a browser. Next, in this shell:
  eval "$(npm run -s env)"                       # pulumi and kubectl${isLocal() ? " for this cluster" : ", if they were built here"}
  kubectl ${isLocal() ? "" : `--context ${stackContext()} --namespace marquee-dev `}port-forward service/auth-service 8081 # then open http://localhost:8081
  pulumi config set --path 'marquee:services.auth.replicas' 5 && pulumi up
`);
}
