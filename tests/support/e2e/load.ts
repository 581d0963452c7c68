import { begin } from "./environment.ts";
import { commandInPod } from "./in-pod.ts";

/** The results of clients that send requests repeatedly. */
export interface Load {
  answered: number;
  failures: string[];
}

/** The longest load, in milliseconds. */
const limit = 120_000;

/** Clients that send requests repeatedly, half of them over new connections. Pods run the text of this function. */
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

/** Fails if the load ended before the work. */
function wentThrough(deadline: number): void {
  if (Date.now() > deadline)
    throw new Error(`the load ended before the work, after ${limit / 1000} s`);
}

/** Sends requests to `url` from this machine during `work`. */
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

/** Sends requests to `url` from a pod of a service during `work`. */
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
    await new Promise((resolve) => setTimeout(resolve, 1000)); // until the first requests
    await work();
    wentThrough(deadline);
  } finally {
    child.stdin?.end();
  }
  await closed;
  return JSON.parse(output);
}
