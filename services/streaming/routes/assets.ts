import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { factory } from "@marquee/service-kit";

const types: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  js: "text/javascript; charset=utf-8",
};

interface Asset {
  type: string;
  plain: Uint8Array<ArrayBuffer>;
  gzipped: Uint8Array<ArrayBuffer>;
  etag: string;
}

/**
 * GET /assets/:name serves styles, icon and scripts. Browsers revalidate them on each use, so that a page and its
 * script have the same version even during a rollout.
 * @param folder contains styles and icon
 * @param scripts by name, without `.js`
 */
export function assetRoutes(
  folder: string,
  scripts: ReadonlyMap<string, string>,
) {
  const assets = new Map<string, Asset>();
  const add = (name: string, content: Buffer) => {
    const type = types[name.split(".").at(-1) as string];
    if (!type) return;
    const sum = createHash("sha256").update(content).digest("base64url");
    const [plain, gzipped] = [content, gzipSync(content, { level: 9 })].map(
      (bytes) => new Uint8Array(bytes),
    ) as [Asset["plain"], Asset["gzipped"]];
    assets.set(name, { type, plain, gzipped, etag: sum.slice(0, 22) });
  };
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isFile()) add(entry.name, readFileSync(join(folder, entry.name)));
  for (const [name, text] of scripts) add(`${name}.js`, Buffer.from(text));

  return factory.createApp().get("/assets/:name", (c) => {
    const asset = assets.get(c.req.param("name"));
    if (!asset) return c.notFound();
    const gzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(
      c.req.header("accept-encoding") ?? "",
    );
    const etag = `"${asset.etag}${gzip ? "-gzip" : ""}"`;
    c.header("etag", etag);
    c.header("vary", "accept-encoding");
    c.header("cache-control", "no-cache");
    const known = (c.req.header("if-none-match") ?? "").split(/\s*,\s*/);
    if (known.includes(etag)) return c.body(null, 304);
    c.header("content-type", asset.type);
    if (gzip) c.header("content-encoding", "gzip");
    return c.body(gzip ? asset.gzipped : asset.plain);
  });
}

/**
 * Reads the browser scripts by name. The container image contains bundles; from source, they are bundled now in the
 * same way as in components/images/compile.ts.
 * @param folder contains a `.js` or a `.ts` file per script
 */
export async function readScripts(
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const made = files.filter((file) => file.endsWith(".js"));
  if (made.length > 0)
    return new Map(
      made.map((file) => [
        file.slice(0, -3),
        readFileSync(join(folder, file), "utf8"),
      ]),
    );
  const bundler = "esbuild"; // a variable, so that the bundle of this service does not include esbuild
  const { build } = (await import(bundler)) as typeof import("esbuild");
  const { outputFiles } = await build({
    entryPoints: files
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
      .map((file) => join(folder, file)),
    outdir: folder,
    write: false,
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    legalComments: "none",
  });
  return new Map(
    outputFiles.map(({ path, text }) => [
      path.slice(folder.length + 1, -3),
      text,
    ]),
  );
}
