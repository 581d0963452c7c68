import { container, ok } from "./environment.ts";

/** A text as one word of a shell's command line. */
export const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** The command line that runs a program's text in a pod of a Deployment; `more` has options of kubectl. */
export const commandInPod = (deployment: string, program: string, more = "") =>
  `kubectl exec ${more} deployment/${deployment}-deployment -- /nodejs/bin/node -e ${quoted(program)}`;

/** Runs a program's text in a pod of a service; returns its output. */
export const inPod = (service: string, program: string, more = "") =>
  ok(commandInPod(service, program, more));

/** The status of a request from a pod of a service, or "no response" without an answer. */
export const statusFrom = (service: string, url: string, method = "GET") =>
  inPod(
    service,
    `fetch("${url}", { method: "${method}", signal: AbortSignal.timeout(3000) })
      .then(({ status }) => console.log(status), () => console.log("no response"))`,
  );

/** The addresses of all clients that have a connection to a pod of a service. */
export async function peersOf(service: string): Promise<string[]> {
  const pods = await ok(
    `kubectl get pods -l app=${service}-service --field-selector status.phase=Running -o name`,
  );
  const tables = await Promise.all(
    pods
      .split("\n")
      .map((pod) =>
        ok(
          `kubectl exec ${pod} -- /nodejs/bin/node -e ${quoted(readConnections)}`,
        ),
      ),
  );
  return tables.flatMap((table) => table.split("\n"));
}

/**
 * Prints the remote addresses of all TCP connections: /proc/net/tcp6 has those of a dual-stack server, IPv4 in its
 * last 4 bytes.
 */
const readConnections = `
  for (const line of require("fs").readFileSync("/proc/net/tcp6", "utf8").split("\\n").slice(1, -1))
    console.log(Buffer.from(line.trim().split(/ +/)[2].slice(24, 32), "hex").reverse().join("."))`;

/** The CNAME record of a name in the cluster's DNS. */
export const cname = (name: string, more = "") =>
  inPod(
    "streaming",
    `require("dns").resolveCname("${name}", (error, names) => console.log(error?.code ?? names.join()))`,
    more,
  );

/**
 * Kills the first process of the namespace's database server, as a machine's out-of-memory killer would. The node finds
 * it by the pod's control group: other stacks run servers of their own.
 */
export async function killDatabase(): Promise<void> {
  const uid = await ok(
    "kubectl get pod postgres-0 -o jsonpath={.metadata.uid}",
  );
  const script = `
    for p in /proc/[0-9]*; do
      if tr _ - <$p/cgroup 2>/dev/null | grep -q ${uid} &&
        tr "\\0" " " <$p/cmdline | grep -q "^postgres -c max_connections"
      then kill -KILL "$(basename $p)"
      fi
    done`;
  await ok(`docker exec ${container} sh -c ${quoted(script)}`);
}
