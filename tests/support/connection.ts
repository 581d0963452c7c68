import { connect } from "node:net";

/** A raw TCP connection: unlike an HTTP client, it neither sends nor closes anything by itself. */
export function open(port: number) {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let onData = () => {};
  let ended = false;
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    onData();
  });
  socket.on("error", () => {}); // "close" follows
  const closed = new Promise<void>((resolve) =>
    socket.once("close", () => {
      ended = true;
      onData();
      resolve();
    }),
  );
  return {
    socket,
    closed,
    all: () => text,
    /** Sends GET and leaves the connection open. */
    get: (path: string) =>
      socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`),
    /** Waits until the data received since the last call ends with `end`, and returns it. */
    async until(end: string): Promise<string> {
      while (!text.endsWith(end)) {
        if (ended)
          throw new Error(`Closed without ${JSON.stringify(end)}: ${text}`);
        await new Promise<void>((resolve) => {
          onData = resolve;
        });
      }
      const got = text;
      text = "";
      return got;
    },
  };
}

/** Whether the port accepts connections. */
export async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
