import assert from "node:assert/strict";
import { eventually } from "../../../local/host.ts";
import { postgresImage } from "../docker.ts";
import { docker, type End, ok, useContainers } from "./containers.ts";

/** Whom a server lets in, and where. */
interface Client {
  user?: string;
  /** @default as the user */
  database?: string;
  password?: string;
}

export const password = "it's $mine";
/** Docker's option for the superuser's password. */
export const withPassword = ["--env", `POSTGRES_PASSWORD=${password}`];
/** Docker's option for a folder of scripts that the first start runs. */
export const withScripts = (folder: string) => [
  "--volume",
  `${folder}:/docker-entrypoint-initdb.d:ro`,
];

/** For the suite that calls it: servers in containers of their own. */
export function useServers() {
  const { start, runToEnd } = useContainers();

  /** Waits until a server takes connections from others. */
  async function answers(server: string): Promise<void> {
    const isReady = ["sh", "-c", 'exec pg_isready -qh "$(cat /etc/hostname)"'];
    const ready = async () =>
      (await docker(["exec", server, ...isReady])).code === 0;
    if (await eventually(ready, 20_000)) return;
    const { stdout, stderr } = await docker(["logs", server]);
    assert.fail(stdout + stderr);
  }
  const begin = (options: string[], ...command: string[]) =>
    start([...options, postgresImage, ...command]);

  return {
    answers,
    /** Starts a container, and waits for nothing. */
    begin,
    /** Runs a container until it ends by itself. */
    run: (options: string[], ...command: string[]): Promise<End> =>
      runToEnd([...options, postgresImage, ...command]),
    /** Starts a server; gives its container's name. */
    async serve(options: string[], ...command: string[]): Promise<string> {
      const server = await begin(options, ...command);
      await answers(server);
      return server;
    },
    /** Waits until a container ends by itself; gives its exit code. */
    ended: async (server: string) => Number(await ok(["wait", server])),
    /** Waits until a container has said something. */
    async said(server: string, text: string): Promise<void> {
      const logs = async () => {
        const { stdout, stderr } = await docker(["logs", server]);
        return (stdout + stderr).includes(text);
      };
      assert.ok(await eventually(logs, 20_000, 20), `It did not say ${text}`);
    },
    /** What the server says to a statement, in its rows or its refusal, from outside of its machine. */
    async answer(server: string, sql: string, client: Client = {}) {
      const { user = "postgres", database = user } = client;
      const { stdout, stderr } = await docker([
        ...["exec", "--env", `PGPASSWORD=${client.password ?? password}`],
        ...[
          server,
          "sh",
          "-c",
          'exec psql -XAt -h "$(cat /etc/hostname)" "$@"',
          "sh",
        ],
        ...["-U", user, "-d", database, "-c", sql],
      ]);
      return (stderr || stdout).trimEnd();
    },
  };
}
