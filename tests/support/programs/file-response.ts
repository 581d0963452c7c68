import { createService, serve } from "../../../packages/service-kit/index.ts";
import { respondWithFile } from "../../../services/streaming/file-response/file-response.ts";
import { openFolder } from "../../../services/streaming/media/folder/store.ts";
import { collectGarbage } from "../collect-garbage.ts";

// Delivers the files of a folder, and reports the memory of the process at /memory. Argument, as JSON: "root", the
// folder; "web", to send files as streams, like those of a remote store.
const { root, web } = JSON.parse(process.argv[2] ?? "{}");
const store = openFolder(root);
const service = createService();
service.app.get("/memory", (c) => {
  collectGarbage();
  return c.json(process.memoryUsage());
});
service.app.get("/files/*", async (c) => {
  const file = await store.find(c.req.path.slice("/files/".length));
  if (!file) return c.notFound();
  const { size, etag, modified, type, read } = file;
  return respondWithFile(
    c,
    web ? { size, etag, modified, type, read: read } : file,
    {
      cacheControl: "public, max-age=3600",
    },
  );
});
serve(service, { port: 0, hostname: "127.0.0.1" });
