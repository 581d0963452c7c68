import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import type { Context } from "hono";
import { createService } from "../../../../packages/service-kit/index.ts";
import { respondWithFile } from "../../../../services/streaming/file-response/file-response.ts";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import type { MediaFile } from "../../../../services/streaming/media/media-store.ts";
import { open } from "../../../support/connection.ts";
import { useFolders } from "../../../support/folders.ts";

const cacheControl = "no-cache";
const content = randomBytes(200_000);

describe("Interrupted file delivery", () => {
  const folder = useFolders();
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  /** Starts a service whose only route answers with `answer`. */
  async function serving(answer: (c: Context) => Response | Promise<Response>) {
    const { app } = createService();
    app.get("/", answer);
    const server = serve({ fetch: app.fetch, port: 0 }) as Server;
    servers.push(server);
    if (!server.listening) await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { port, url: `http://127.0.0.1:${port}/` };
  }

  async function large(size = content.length) {
    const path = join(folder(), "a.mp4");
    writeFileSync(path, size === content.length ? content : randomBytes(size));
    const file = await openFolder(join(path, "..")).find("a.mp4");
    return { path, file: file as MediaFile };
  }
  /** The file without its local path, as a remote store returns it. */
  const elsewhere = ({ size, etag, modified, type, read }: MediaFile) => ({
    ...{ size, etag, modified, type, read },
  });

  for (const [how, as] of [
    ["straight to the socket", (file: MediaFile) => file],
    ["as a stream", elsewhere],
  ] as const)
    describe(`file sent ${how}`, () => {
      /** Requests the file, calls `interrupt` after the first bytes, and returns the body received. */
      async function interrupted(
        { file }: { file: MediaFile },
        interrupt: () => void,
      ) {
        const { port } = await serving((c) =>
          respondWithFile(c, as(file), { cacheControl }),
        );
        const client = open(port);
        client.get("/");
        await once(client.socket, "data");
        client.socket.pause();
        interrupt();
        client.socket.resume();
        await Promise.race([
          client.closed,
          (async () => {
            while (client.all().length < file.size)
              await once(client.socket, "data");
          })(),
        ]);
        const body = client.all().indexOf("\r\n\r\n") + 4;
        client.socket.destroy();
        return client.all().slice(body);
      }
      const size = 64 << 20; // more than socket buffers hold

      it("closes the connection when the file gets shorter", async () => {
        const { path, file } = await large(size);
        const got = await interrupted({ file }, () =>
          truncateSync(path, size - 1),
        );
        assert.ok(got.length < size - 1, `${got.length}`);
      });

      it("closes the connection when the file is overwritten", async () => {
        const { path, file } = await large(size);
        const got = await interrupted({ file }, () =>
          writeFileSync(path, "other", { flag: "r+" }),
        );
        assert.ok(got.length < size, `${got.length}`);
      });

      it("sends all bytes of the original file when another file replaces it", async () => {
        const { path, file } = await large(size);
        const got = await interrupted({ file }, () => {
          writeFileSync(`${path}.new`, "other");
          renameSync(`${path}.new`, path);
        });
        assert.equal(got.length, size);
      });

      it("fails when the file is deleted before it is opened", async () => {
        const { path, file } = await large();
        const { url } = await serving((c) => {
          rmSync(path, { force: true });
          return respondWithFile(c, as(file), { cacheControl });
        });
        const all = async () => {
          const response = await fetch(url);
          await response.arrayBuffer();
          return response.status;
        };
        // A stream is read before anything is sent.
        if (how === "as a stream") assert.equal(await all(), 500);
        else await assert.rejects(all);
      });

      it("closes the connection of a client that reads nothing until the timeout", async () => {
        const { file } = await large(size);
        const { port } = await serving((c) =>
          respondWithFile(c, as(file), { cacheControl, idleTimeoutMs: 300 }),
        );
        const client = open(port);
        client.socket.pause();
        client.get("/");
        const from = performance.now();
        const [server] = servers;
        await once(server as Server, "connection").then(([socket]) =>
          once(socket, "close"),
        );
        assert.ok(performance.now() - from >= 299);
        client.socket.destroy();
      });
    });
});
