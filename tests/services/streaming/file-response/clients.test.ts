import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { useFolders } from "../../../support/folders.ts";
import { start, stopPrograms } from "../../../support/program.ts";
import { slope } from "../../../support/slope.ts";
import { until } from "../../../support/until.ts";

const mebibyte = 1 << 20;

const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
/** Number of descriptors a process has open on a file. */
const opened = (path: string, pid: number) =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === path;
    } catch {
      return false; // closed meanwhile
    }
  }).length;
/** CPU time a process has used, in clock ticks: user, system. */
const ticks = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\) /, "");
  return stat.split(" ").slice(11, 13).join();
};

/** Waits until a process has nothing left to do. */
async function untilIdle(pid: number) {
  for (let last = "", now = ticks(pid); now !== last; now = ticks(pid)) {
    last = now;
    await delay(300);
  }
}

/** Memory that an idle process uses, in bytes. Buffers are freed one collection after their owners. */
async function memoryInUse(pid: number, url: string): Promise<number> {
  await untilIdle(pid);
  const seen: number[] = [];
  for (let collection = 0; collection < 3; collection++) {
    const memory = await fetch(`${url}/memory`, {
      headers: { connection: "close" },
    }).then((response) => response.json());
    seen.push(memory.heapUsed + memory.arrayBuffers);
  }
  return Math.min(...seen);
}

/** Opens a connection that requests the file; the caller handles the response. */
function client(port: number, headers = ""): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {}); // "close" follows
  socket.write(`GET /files/video.mp4 HTTP/1.1\r\nHost: test\r\n${headers}\r\n`);
  return socket;
}

/** Reads the rest of a paused client's response; returns how many bytes of its body match the file. */
async function matching(socket: Socket, file: Buffer): Promise<number> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let at = 0;
  return new Promise((resolve) => {
    const take = (bytes: Buffer) => {
      if (!file.subarray(at, at + bytes.length).equals(bytes)) {
        socket.destroy();
        return;
      }
      at += bytes.length;
      if (at === file.length) socket.destroy();
    };
    socket.on("data", (bytes: Buffer) => {
      if (!head) return take(bytes);
      head = Buffer.concat([head, bytes]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      const body = head.subarray(end + 4);
      head = undefined;
      take(body);
    });
    socket.on("close", () => resolve(at));
    socket.resume();
  });
}

for (const [how, web] of [
  ["straight to the socket", false],
  ["as a stream", true],
] as const)
  describe(`File delivery to many clients, ${how}`, function () {
    this.timeout("10m");
    const folder = useFolders();
    stopPrograms();

    // Only Linux exposes a process's open descriptors.
    before(function () {
      if (!existsSync("/proc/self/fd")) this.skip();
    });

    async function serving(size = 16 * mebibyte) {
      const root = folder();
      const file = randomBytes(size);
      writeFileSync(join(root, "video.mp4"), file);
      const program = await start(
        "tests/support/programs/file-response.ts",
        { root, web },
        // A large young generation would hide a leak.
        { NODE_OPTIONS: "--max-semi-space-size=2" },
      );
      await fetch(`${program.url}/files/video.mp4`, { method: "HEAD" }); // computes the hash
      return { ...program, file, path: join(root, "video.mp4") };
    }

    it("frees the memory and descriptors of clients that abort", async () => {
      const { port, pid, url, out } = await serving();
      /** Clients disconnect at different moments: after the request, at the first bytes, while reading, while idle. */
      const go = [
        (socket: Socket) => setImmediate(() => socket.destroy()),
        (socket: Socket) => socket.once("data", () => socket.destroy()),
        (socket: Socket) => {
          let heard = 0;
          socket.on("data", () => ++heard === 5 && socket.destroy());
        },
        (socket: Socket) => {
          socket.pause();
          setTimeout(() => socket.destroy(), 20);
        },
      ];
      const batch = (count: number) =>
        Promise.all(
          Array.from(
            { length: count },
            (_, i) =>
              new Promise<void>((resolve) => {
                const socket = client(
                  port,
                  i % 5 ? "" : "Range: bytes=0-9,5000000-\r\n",
                );
                socket.once("connect", () => go[i % 20 ? i % 3 : 3]?.(socket));
                socket.once("close", () => resolve());
              }),
          ),
        );
      const open = descriptors(pid);
      const inUse = async () => {
        await until(() => descriptors(pid) <= open);
        return memoryInUse(pid, url);
      };
      for (let i = 0; i < 20; i++) await batch(100); // until V8 has compiled the code and grown its heap
      const points: [clients: number, bytes: number][] = [];
      for (let round = 0; round < 8; round++) {
        for (let i = 0; i < 10; i++) await batch(100);
        points.push([1000 * (round + 1), await inUse()]);
      }
      // A leaked client costs its socket, request and response: some kilobytes.
      const bytesPerClient = slope(points);
      assert.ok(
        bytesPerClient < 2048,
        `${bytesPerClient.toFixed(0)} bytes leaked per client: ${JSON.stringify(points)}`,
      );
      assert.equal(out.stderr, "");
    });

    it("bounds the memory per client that reads nothing, and later sends it the whole file", async () => {
      const { port, pid, url, file } = await serving(12 * mebibyte);
      await matching(client(port), file);
      const clients: Socket[] = [];
      const points: [clients: number, bytes: number][] = [];
      for (const count of [50, 100, 150, 200]) {
        while (clients.length < count) clients.push(client(port).pause());
        await until(() => descriptors(pid) > 2 * count); // a socket and a file each
        points.push([count, await memoryInUse(pid, url)]);
      }
      // Two chunks of 64 KiB each, the socket, the request and the response; a file of 12 MiB is not buffered.
      const bytesPerClient = slope(points);
      assert.ok(
        bytesPerClient < 160 * 1024,
        `${bytesPerClient.toFixed(0)} bytes per client: ${JSON.stringify(points)}`,
      );
      for (let i = 0; i < clients.length; i += 20) {
        const got = clients.slice(i, i + 20).map((one) => matching(one, file));
        for (const bytes of await Promise.all(got))
          assert.equal(bytes, file.length);
      }
    });

    it("closes the file when a client that reads nothing disconnects", async () => {
      const { port, pid, path } = await serving(64 * mebibyte);
      const clients = Array.from({ length: 10 }, () => client(port).pause());
      await until(() => opened(path, pid) === 10);
      await untilIdle(pid);
      for (const one of clients) one.destroy();
      await until(() => opened(path, pid) === 0);
    });
  });
