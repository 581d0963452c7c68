import { type CommandError, run } from "../../host/command.ts";
import { UserError } from "../../user-error.ts";
import { type Container, inspectContainer } from "../docker-objects.ts";
import { doneBeforeStall } from "../stall.ts";
import { dataFolder } from "./configuration.ts";
import { container } from "./container.ts";
import { nodeImage } from "./image.ts";

/**
 * How long the node may start without progress. A whole start takes 6 s on 2 idle cores, but the API server alone takes
 * over 3 minutes on an emulated and busy machine. A program that exits is reported at once, so only hangs take this
 * long.
 */
export const stallLimitMs = 600_000;

/** The node's administrator kubeconfig if its API server is ready, otherwise the reason why it isn't. */
export type Answer =
  | { admin: string; failure?: never }
  | { admin?: never; failure: string };

const adminFile = `${dataFolder}/super-admin.conf`;

export const askNode = (): Promise<Answer> =>
  run("docker", [
    ...["exec", container, "sh", "-c"],
    `KUBECONFIG=${adminFile} kubectl --request-timeout=5s get --raw /readyz >/dev/null && cat ${adminFile}`,
  ]).then(
    (admin) => ({ admin }),
    (error: CommandError) => ({ failure: error.output }),
  );

/** The API server answers Unauthorized if the client certificate has expired. */
export const saysExpired = (failure: string): boolean =>
  /certificate has expired|Unauthorized/.test(failure);

/** Whether the node has reported since its last start that pods can be scheduled. */
export const announcedReady = async ({ startedAt }: Container) =>
  saysReady(await readLogs(startedAt));

const saysReady = (logs: string) => /^ready$/m.test(logs);

/**
 * Waits until pods can be scheduled and the API server is ready. Each new line in the node's output counts as progress:
 * the node writes one for each program that it starts and each condition that is met.
 * @param report receives the last line
 * @returns the node's administrator kubeconfig
 * @throws UserError with the reason if the node does not become ready
 */
export async function waitUntilReady(
  report: (status: string) => void,
): Promise<string> {
  let admin: string | undefined;
  let reason = "";
  let image = nodeImage;
  const observe = async () => {
    const node = await inspectContainer();
    if (!node) throw new UserError(`The container ${container} was removed.`);
    image = node.image;
    const progress = await readLogs(node.startedAt);
    reason = progress;
    if (node.status !== "running")
      throw notReady(": its container ended", reason, image, "npm run up");
    report(lastStep(progress));
    if (saysReady(progress)) {
      const answer = await askNode();
      admin = answer.admin;
      reason = answer.failure ?? "";
    }
    return { done: admin !== undefined, progress };
  };
  await doneBeforeStall(observe, stallLimitMs);
  if (admin !== undefined) return admin;
  throw notReady(
    `: its start has not progressed for ${stallLimitMs / 60_000} minutes`,
    reason || "It gave no reason.",
    image,
    `docker restart -t 0 ${container} && npm run up`,
  );
}

/** The last line that is not part of a program's log. */
const lastStep = (logs: string) =>
  logs
    .split("\n")
    .filter((line) => !/^$|^ |^The end of/.test(line))
    .at(-1) ?? "";

/** The node's output since its last start. */
function readLogs(startedAt: string): Promise<string> {
  // Docker records the start a moment after the first output.
  const since = new Date(Date.parse(startedAt) - 500).toISOString();
  return run("sh", ["-c", `docker logs --since ${since} ${container} 2>&1`]);
}

function notReady(
  how: string,
  reason: string,
  image: string,
  retry: string,
): UserError {
  const lines = reason.split("\n").filter((line) => line !== "");
  return new UserError(
    [
      `The local cluster did not become ready${how}.`,
      ...lines.slice(-30).map((line) => `  ${line}`),
      `Nothing was deleted: everything in the cluster is in the Docker volume ${container}. The logs of its programs: \`docker cp ${container}:${dataFolder}/logs .\``,
      ...(image === nodeImage
        ? []
        : [
            `The container was created by another version (${image}). \`docker rm --force ${container} && npm run up\` creates a new one and keeps everything in the cluster.`,
          ]),
      `\`${retry}\` tries again. \`npm run down\` deletes the cluster and everything in it; then \`npm run up\` creates a new one.`,
    ].join("\n"),
  );
}
