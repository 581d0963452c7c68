import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { AwsClient } from "aws4fetch";
import type { S3Options } from "../../services/streaming/media/s3/store.ts";
import { takesConnections } from "./connection.ts";
import { freePort } from "./free-port.ts";
import { versitygw } from "./versitygw/versitygw.ts";

export interface S3Server {
  /** Options for openBucket: the server's bucket, and credentials that may read it. */
  options: S3Options;
  /** Creates or replaces an object. */
  put(key: string, body: Uint8Array, type?: string): Promise<void>;
  remove(key: string): Promise<void>;
  /**
   * Starts a second server with the same objects, over HTTPS.
   * @param cert path of a certificate for localhost
   * @returns its endpoint
   */
  secure(cert: string, key: string): Promise<string>;
  /** Kills the server like a crash would, closing all its connections. */
  kill(): Promise<void>;
  /** Starts the server again with the same objects and port. */
  restart(): Promise<void>;
}

/** The domain for virtual-hosted-style requests, which have the bucket's name in the host. */
export const virtualDomain = "s3.test";

/**
 * Starts an S3 server with a bucket on a free loopback port for the calling suite. The server is versitygw: it checks
 * signatures, and shares no code with the client under test.
 * @returns a getter for the server, valid once the suite runs
 */
export function useS3(): () => S3Server {
  let server: S3Server | undefined;
  let folder = "";
  before(async function () {
    this.timeout(300_000); // versitygw may have to be built
    const [program = ""] = await versitygw.ensure();
    folder = mkdtempSync(join(tmpdir(), "marquee-s3-"));
    server = await start(program, folder);
  });
  after(async () => {
    await server?.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return () => server as S3Server;
}

async function start(program: string, folder: string): Promise<S3Server> {
  const [objects, metadata] = ["objects", "metadata"].map((name) => {
    mkdirSync(join(folder, name));
    return join(folder, name);
  }) as [string, string];
  // The server cannot choose a port: it must restart on the same one.
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const options = {
    endpoint,
    bucket: "titles",
    accessKeyId: "marquee-reads",
    secretAccessKey: randomBytes(24).toString("hex"),
  };
  const client = new AwsClient({
    ...options,
    service: "s3",
    region: "us-east-1",
    retries: 0,
  });
  const children = new Set<ChildProcess>();

  async function ask(method: string, path: string, init: RequestInit = {}) {
    const response = await client.fetch(`${endpoint}/${path}`, {
      ...init,
      method,
      headers: { ...init.headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
  }

  /** Starts a server on a port, and waits until it accepts connections. */
  async function launch(port: number, ...args: string[]) {
    const child = spawn(
      program,
      [
        ...["--port", `127.0.0.1:${port}`, "--keep-alive", "--quiet", ...args],
        ...["--virtual-domain", `${virtualDomain}:${port}`],
        ...["posix", "--sidecar", metadata, objects],
      ],
      {
        env: {
          ROOT_ACCESS_KEY: options.accessKeyId,
          ROOT_SECRET_KEY: options.secretAccessKey,
        },
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    children.add(child);
    child.once("exit", () => children.delete(child));
    while (!(await takesConnections(port))) {
      if (child.exitCode !== null)
        throw new Error(`versitygw ended with ${child.exitCode}.`);
      await delay(20);
    }
  }
  const restart = () => launch(port);

  await restart();
  await ask("PUT", options.bucket);
  return {
    options,
    put: (key, body, type) =>
      ask("PUT", `${options.bucket}/${encoded(key)}`, {
        body: body as Uint8Array<ArrayBuffer>,
        ...(type && { headers: { "content-type": type } }),
      }),
    remove: (key) => ask("DELETE", `${options.bucket}/${encoded(key)}`),
    async secure(cert, key) {
      const port = await freePort();
      await launch(port, "--cert", cert, "--key", key);
      return `https://localhost:${port}`;
    },
    async kill() {
      await Promise.all(
        [...children].map(async (child) => {
          const ended = once(child, "exit");
          child.kill("SIGKILL");
          await ended;
        }),
      );
    },
    restart,
  };
}

const encoded = (key: string) =>
  key.split("/").map(encodeURIComponent).join("/");
