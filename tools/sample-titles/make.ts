// Renders the sample titles in services/streaming/assets/titles: `node tools/sample-titles/make.ts [id…]`.
// Requires ffmpeg (made with 5.1) and the font Inter: apt-get install ffmpeg fonts-inter
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, relative } from "node:path";
import { Worker } from "node:worker_threads";
import { featured, films, year } from "./catalogue.ts";
import { checkTools } from "./encode.ts";
import { root } from "./film.ts";

/** The content of catalogue.json: the titles, and size and hash of every file. */
async function catalogue() {
  const files: Record<string, { size: number; sha256: string }> = {};
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
  for (const path of paths.sort()) {
    if (path === "catalogue.json") continue;
    const content = await readFile(join(root, path));
    files[path] = {
      size: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
    };
  }
  const titles = films.map(
    ({ id, name, seconds, genre, tagline, description }) => ({
      ...{ id, name, year, seconds, genre, tagline, description },
      poster: `${id}/poster.jpg`,
      backdrop: `${id}/backdrop.jpg`,
      video: `${id}/720p.mp4`,
      hls: `${id}/index.m3u8`,
    }),
  );
  return { featured, titles, files };
}

checkTools();
const chosen = process.argv.slice(2);
const unknown = chosen.filter((id) => !films.some((film) => film.id === id));
if (unknown.length > 0)
  throw new Error(
    `There is no title ${unknown.join(", ")}; there are ${films.map(({ id }) => id).join(", ")}`,
  );
const waiting = films
  .map(({ id }) => id)
  .filter((id) => chosen.length === 0 || chosen.includes(id));
const makeNext = async () => {
  for (let id = waiting.shift(); id; id = waiting.shift()) {
    console.time(id);
    const worker = new Worker(new URL("film.ts", import.meta.url), {
      workerData: id,
    });
    const [code] = await once(worker, "exit");
    if (code !== 0) throw new Error(`${id} was not made`);
    console.timeEnd(id);
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, makeNext));
await writeFile(
  join(root, "catalogue.json"),
  `${JSON.stringify(await catalogue(), null, 2)}
`,
);
