import { postgresImage } from "../docker.ts";
import { until } from "../until.ts";
import { docker, type End, ok, useContainers } from "./containers.ts";

/** The credentials of a client, and its database. */
interface Client {
  user?: string;
  /** @default the user's name */
  database?: string;
  password?: string;
}

const password = "it's $mine";
/** Docker's option for the superuser's password. */
export const withPassword = ["--env", `POSTGRES_PASSWORD=${password}`];
/** Docker's option for a folder of scripts that the first start runs. */
export const withScripts = (folder: string) => [
  "--volume",
  `${folder}:/docker-entrypoint-initdb.d:ro`,
];

/** Gives the calling suite servers in their own containers. */
export function useServers() {
  const { start, runToEnd } = useContainers();

  /** Waits until a server accepts TCP connections. */
  async function answers(server: string): Promise<void> {
    const isReady = ["sh", "-c", 'exec pg_isready -qh "$(cat /etc/hostname)"'];
    const ready = async () =>
      (await docker(["exec", server, ...isReady])).code === 0;
    await until(ready, async () => {
      const { stdout, stderr } = await docker(["logs", server]);
      return `the server to accept connections: ${stdout}${stderr}`;
    });
  }
  const begin = (options: string[], ...command: string[]) =>
    start([...options, postgresImage, ...command]);

  return {
    answers,
    /** Starts a container without waiting for the server. */
    begin,
    /** Runs a container until it ends by itself. */
    run: (options: string[], ...command: string[]): Promise<End> =>
      runToEnd([...options, postgresImage, ...command]),
    /** Starts a server; returns its container's name. */
    async serve(options: string[], ...command: string[]): Promise<string> {
      const server = await begin(options, ...command);
      await answers(server);
      return server;
    },
    /** Waits until a container ends by itself; returns its exit code. */
    ended: async (server: string) => Number(await ok(["wait", server])),
    /** Waits until a container's log contains a text. */
    async untilLogged(server: string, text: string): Promise<void> {
      const logs = async () => {
        const { stdout, stderr } = await docker(["logs", server]);
        return (stdout + stderr).includes(text);
      };
      await until(logs, () => `the log line "${text}"`);
    },
    /** The rows or the error of a statement, over TCP. */
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
