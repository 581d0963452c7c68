import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cache, logs } from "../environment.ts";
import { eventually } from "../eventually.ts";
import { run, start, succeeds } from "../host/command.ts";
import { canInstall, install } from "../host/debian-packages.ts";
import { withLock } from "../host/lock.ts";
import { processes } from "../host/processes.ts";
import { say, step } from "../progress.ts";
import { UserError } from "../user-error.ts";
import {
  describeHost,
  engineAnswers,
  engineProblem,
  findEngine,
} from "./engine.ts";

/** The dockerd that we started and the settings that it changed, so that `down` can restore them. */
interface StartedEngine {
  pid: number;
  /** The former FORWARD policy and value of /proc/sys/net/ipv4/ip_forward. dockerd changes both. */
  forwardPolicy: string;
  ipForward: string;
}

/** In the cache, not in the state of one environment, because all environments share the engine. */
export const engineRecord = "docker-engine.json";
const record = join(cache, engineRecord);
const ipForward = "/proc/sys/net/ipv4/ip_forward";

/**
 * Makes sure that a Docker engine answers. As root on Debian, installs and starts one if necessary.
 * @throws UserError if no engine can be used
 */
export async function ensureDockerEngine(): Promise<void> {
  const engine = await findEngine();
  if (engine.state === "answers") return;
  if (engine.state !== "absent" || !canInstall())
    throw new UserError(engineProblem(engine, await describeHost()));
  await withLock(
    {
      file: "docker-engine.lock",
      holder: "another process that starts a Docker engine",
    },
    installEngine,
  );
}

/** Installs and starts a Docker engine, unless another process has just done so. */
async function installEngine(): Promise<void> {
  if (await engineAnswers()) return;
  await step("Docker engine", async () => {
    if (!(await succeeds("sh", ["-c", "command -v dockerd"])))
      await install(
        ["docker.io", "iptables", "iproute2"],
        "no Docker engine answers; `npm run down` keeps these packages",
      );
    // With a service manager, the package starts the engine. It then belongs to the machine, and `down` keeps it.
    if (await engineAnswers()) return;
    if (existsSync("/run/systemd/system"))
      await run("systemctl", ["start", "docker"], { log: "docker-engine" });
    else await startEngine();
    if (!(await eventually(engineAnswers, 30_000)))
      throw new UserError(
        `The Docker engine was started but does not answer. Its log: ${join(logs, "docker-engine.log")}`,
      );
  });
}

async function startEngine(): Promise<void> {
  // A killed engine leaves pid files, which prevent the next start.
  for (const pid of [
    "/var/run/docker.pid",
    "/var/run/docker/containerd/containerd.pid",
  ])
    if (
      existsSync(pid) &&
      !existsSync(`/proc/${readFileSync(pid, "utf8").trim()}`)
    )
      rmSync(pid);
  // If our engine was killed, its changes are still in effect, and the former settings are in the record.
  const before: Omit<StartedEngine, "pid"> = existsSync(record)
    ? JSON.parse(readFileSync(record, "utf8"))
    : await readNetwork();
  const pid = start("dockerd", [], "docker-engine");
  say(
    `  starting dockerd on this machine (process ${pid}; \`npm run down\` ends it)`,
  );
  mkdirSync(cache, { recursive: true });
  writeFileSync(record, JSON.stringify({ ...before, pid }));
}

async function readNetwork(): Promise<Omit<StartedEngine, "pid">> {
  return {
    forwardPolicy:
      (await run("iptables", ["--list-rules", "FORWARD"])).match(
        /-P FORWARD (\w+)/,
      )?.[1] ?? "ACCEPT",
    ipForward: readFileSync(ipForward, "utf8").trim(),
  };
}

/** Stops the engine if we started it, and removes its network rules. */
export async function stopDockerEngine(): Promise<void> {
  if (!existsSync(record)) return;
  const engine: StartedEngine = JSON.parse(readFileSync(record, "utf8"));
  if (!isEngine(engine.pid)) return rmSync(record);
  const containers = await run("docker", ["ps", "--quiet"]);
  if (containers !== "") {
    say("  dockerd keeps running: it has other containers");
    return;
  }
  await step(
    "stopping the Docker engine that `npm run up` started",
    async () => {
      process.kill(engine.pid, "SIGTERM");
      await eventually(async () => !isEngine(engine.pid), 20_000);
      await succeeds("ip", ["link", "delete", "docker0"]);
      const rules = await run("iptables-save", []);
      const others = rules
        .split("\n")
        .filter((line) => !/DOCKER|docker0/.test(line))
        .map((line) =>
          line.startsWith(":FORWARD DROP")
            ? line.replace("DROP", engine.forwardPolicy)
            : line,
        );
      await run("iptables-restore", [], { input: `${others.join("\n")}\n` });
      writeFileSync(ipForward, engine.ipForward);
      rmSync(record);
    },
  );
}

const isEngine = (id: number): boolean =>
  processes().some(
    ({ pid, command }) => pid === id && command.includes("dockerd"),
  );
