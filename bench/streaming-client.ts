import { readFileSync } from "node:fs";
import { connect } from "node:net";

/** A server under test. */
export interface Server {
  name: string;
  pid: number;
  port: number;
  path: string;
}

/** CPU time of a process in seconds, user and system. */
export function cpu(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /, "");
  const [user, system] = stat.split(" ").slice(11, 13).map(Number);
  return ((user as number) + (system as number)) / 100;
}

export const memory = (pid: number) =>
  Number(
    /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1],
  ) / 1024;

/**
 * A connection that requests ranges one after the other and discards the responses. All connections share one buffer.
 */
export function open({ port, path }: Server) {
  const buffer = sink;
  let left = 0;
  let head = "";
  let first = 0;
  let done: (() => void) | undefined;
  const socket = connect({
    port,
    host: "127.0.0.1",
    onread: {
      buffer,
      callback(count) {
        let bytes = count;
        if (first === 0) first = performance.now();
        if (left < 0) {
          head += buffer.toString("latin1", 0, count);
          const end = head.indexOf("\r\n\r\n");
          if (end === -1) return true;
          bytes = head.length - end - 4;
          left = Number(/content-length: (\d+)/i.exec(head)?.[1]);
          if (!head.startsWith("HTTP/1.1 206") || !left)
            throw new Error(`Not a part: ${head.slice(0, end)}`);
        }
        left -= bytes;
        if (left === 0) done?.();
        return true;
      },
    },
  });
  socket.setNoDelay();
  socket.on("error", (error) => {
    throw error;
  });
  return {
    /** @returns milliseconds until the first and the last byte */
    async get(start: number, end: number): Promise<[number, number]> {
      [left, head, first] = [-1, "", 0];
      const from = performance.now();
      await new Promise<void>((resolve) => {
        done = resolve;
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: bench\r\nRange: bytes=${start}-${end}\r\n\r\n`,
        );
      });
      return [first - from, performance.now() - from];
    },
    close: () => socket.destroy(),
  };
}
const sink = Buffer.alloc(2 ** 20);
