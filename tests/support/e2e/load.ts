import { begin } from "./environment.ts";
import { commandInPod } from "./in-pod.ts";

/** What clients saw who asked without pause. */
export interface Load {
  answered: number;
  failures: string[];
}

/** Two minutes at most, in milliseconds: a load ends by itself. */
const limit = 120_000;

/** Clients that ask without pause, half over connections that they keep and half over new ones; as a program's text. */
const clients = async (
  url: string,
  status: number,
  ended: () => boolean,
): Promise<Load> => {
  const load: Load = { answered: 0, failures: [] };
  const client = async (connection: string) => {
    while (!ended()) {
      try {
        const response = await fetch(url, {
          headers: { range: "bytes=0-999", connection },
          signal: AbortSignal.timeout(5000),
        });
        const { byteLength } = await response.arrayBuffer();
        if (response.status !== status)
          load.failures.push(`${response.status}`);
        else if (status === 206 && byteLength !== 1000)
          load.failures.push(`206 with ${byteLength} bytes`);
        else load.answered++;
      } catch (error) {
        const { cause, message } = error as Error & { cause?: Error };
        load.failures.push(
          `${new Date().toISOString()} ${cause?.message ?? message}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await Promise.all(["keep-alive", "close", "keep-alive", "close"].map(client));
  return load;
};

/** Fails where a load ended before what it was to go on through. */
function wentThrough(deadline: number): void {
  if (Date.now() > deadline)
    throw new Error(`the load ended before the work, after ${limit / 1000} s`);
}

/** Asks `url` from this machine while `work` goes on. */
export async function underLoad(
  url: string,
  work: () => Promise<unknown>,
  status = 200,
): Promise<Load> {
  const deadline = Date.now() + limit;
  let running = true;
  const load = clients(url, status, () => !running || Date.now() > deadline);
  try {
    await work();
    wentThrough(deadline);
  } finally {
    running = false;
  }
  return load;
}

/** Asks `url` from a pod of a service while `work` goes on. */
export async function underLoadFrom(
  service: string,
  url: string,
  work: () => Promise<unknown>,
): Promise<Load> {
  const program = `
    let running = true;
    const deadline = Date.now() + ${limit};
    process.stdin.on("end", () => { running = false; }).resume();
    const clients = ${clients};
    clients(${JSON.stringify(url)}, 200, () => !running || Date.now() > deadline)
      .then((load) => console.log(JSON.stringify(load)));
  `;
  const child = begin(`exec ${commandInPod(service, program, "-i")}`, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const closed = new Promise((resolve) => child.on("close", resolve));
  try {
    const deadline = Date.now() + limit;
    await new Promise((resolve) => setTimeout(resolve, 1000)); // until it asks
    await work();
    wentThrough(deadline);
  } finally {
    child.stdin?.end();
  }
  await closed;
  return JSON.parse(output);
}
