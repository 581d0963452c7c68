import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { inspectObjects } from "./cluster/docker-objects.ts";
import {
  ensureBaseImage,
  ensureNodeImage,
  haveBaseImage,
  haveNodeImage,
  prepareNodeImage,
  pushBaseImage,
} from "./cluster/images.ts";
import { ensureCluster } from "./cluster/index.ts";
import { kubeconfig } from "./cluster/kubeconfig.ts";
import { requireOwn } from "./cluster/ownership.ts";
import { canInstall } from "./debian.ts";
import { ensureDebianImage, pullDebianImage } from "./debian-image.ts";
import { engineAnswers, ensureDockerEngine } from "./docker-engine.ts";
import { logs, project } from "./host.ts";
import { ownKubectl } from "./kubectl.ts";
import {
  ensurePostgresImage,
  havePostgresImage,
  pushPostgresImage,
} from "./postgres/image.ts";
import { elapsed, say, step } from "./progress.ts";
import {
  ensurePulumi,
  ownPulumi,
  prepareStack,
  pulumi,
  variables,
} from "./pulumi.ts";
import { requireMachine } from "./requirements.ts";
import { requireStackConfig } from "./stack-config.ts";
import { havePrograms } from "./toolchain/index.ts";
import { inTurn } from "./turn.ts";
import { UserError } from "./user-error.ts";

/** From a bare machine to Marquee on Kubernetes. Whatever is there already is used; an interrupted run is picked up. */
export async function up(): Promise<void> {
  mkdirSync(logs, { recursive: true });
  say(`Marquee, on a cluster in this machine. Logs: ${logs}`);
  requireStackConfig();
  await inTurn(
    { lock: "lock", holder: "another `npm run up`" },
    bringUpCluster,
  );
  await step("stack dev", prepareStack);
  await pulumiUp();
  await printWhatNext();
}

/** Toolchain, engine, images, cluster and plugins: everything but the stack. */
async function bringUpCluster(): Promise<void> {
  const [hasPulumi, hasKubectl, dockerEngine] = await Promise.all([
    ownPulumi(),
    ownKubectl(),
    engineAnswers(),
  ]);
  const [objects, images] = dockerEngine
    ? await Promise.all([inspectObjects(), haveEveryImage()])
    : [{}, false];
  requireOwn(objects, "up"); // before minutes of building
  const builds =
    !images || !havePrograms({ pulumi: hasPulumi, kubectl: hasKubectl });
  // Root on Debian makes what can't be pulled; for everybody else it is a requirement.
  const pullFailure =
    dockerEngine && builds && !canInstall()
      ? await pullDebianImage()
      : undefined;
  await requireMachine({ dockerEngine, pullFailure });
  await ensureDockerEngine();
  if (builds) await ensureDebianImage();
  const programs = { cluster: !(await haveNodeImage()), kubectl: !hasKubectl };
  // Compiling keeps the cores busy, and Debian's packages the network: at the same time.
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

const haveEveryImage = async () =>
  (
    await Promise.all([haveNodeImage(), haveBaseImage(), havePostgresImage()])
  ).every(Boolean);

/** All that images need but the compiled programs. */
async function prepareImages(): Promise<void> {
  await ensureBaseImage();
  await ensurePostgresImage();
  await prepareNodeImage();
}

/** As a person would run it, its output in their terminal. */
function pulumiUp(): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      "pulumi",
      ["up", "--stack", "dev", "--yes", "--skip-preview"],
      {
        cwd: project,
        env: { ...process.env, ...variables() },
        stdio: ["ignore", process.stderr.fd, process.stderr.fd],
      },
    );
    // Ctrl-C reaches pulumi too, which ends what it has begun: wait for it.
    const interrupted = () =>
      say("  interrupted: pulumi ends what it has begun");
    process.on("SIGINT", interrupted);
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve()
        : reject(
            new UserError(
              "`pulumi up` failed; its output above says why. The cluster runs: mend it and run this again.",
            ),
          ),
    );
  });
}

async function printWhatNext(): Promise<void> {
  const outputs = JSON.parse(
    await pulumi(["stack", "output", "--stack", "dev", "--json"]),
  ) as { endpoints: Record<string, string> };
  const endpoints = Object.entries(outputs.endpoints).map(
    ([service, url]) =>
      `  ${service.padEnd(10)} ${url}${url.includes(".svc:") ? "  (in the cluster)" : ""}`,
  );
  console.log(`
Marquee is up (${elapsed()}).
${endpoints.join("\n")}

Open streaming's address in a browser. Next, in this shell:
  eval "$(npm run -s env)"                       # pulumi and kubectl, on this cluster
  kubectl port-forward service/auth-service 8081 # then open http://localhost:8081
  pulumi config set --path 'marquee:services.auth.replicas' 5 && pulumi up
`);
}

/** Prints the lines that make a shell's `pulumi` and `kubectl` work on this environment. */
export function env(): void {
  if (!existsSync(kubeconfig))
    throw new UserError("There is no local cluster. `npm run up` makes one.");
  for (const [name, value] of Object.entries(variables()))
    console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
}
