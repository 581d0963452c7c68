import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import {
  createFileReader,
  type FileReader,
  type Identity,
  isSame,
} from "./file-reader.ts";
import {
  MediaAway,
  type MediaFile,
  type MediaStore,
  mediaTypes,
} from "./media-store.ts";

/** A file of a folder: one that can be read into buffers of the reader's own. */
export interface FolderFile extends MediaFile {
  path: string;
  /** @param last the last byte that will be read */
  open(last: number): FileReader;
}

export const isFolderFile = (file: MediaFile): file is FolderFile =>
  "open" in file;

/** Bytes that `read` has of a file in memory at a time. */
const chunk = 64 * 1024;

/** Names that are remembered: with links, a file may have any number. */
const mostNames = 10_000;

/** How often a file that is being written is hashed until it is left as it is. */
const attempts = 3;

/**
 * Titles in a folder of this machine, such as a volume. Entity tags are of catalogue.json's SHA-256 where it has the file with
 * its size; another file is read and hashed once, when it is looked up first, and again when it was changed.
 * Nothing outside of the folder is found, also by links.
 */
export function openFolder(root: string): MediaStore {
  const etags = new Map<string, { of: Identity; etag: Promise<string> }>();
  /** What was found by a name: where the same file is there still, it is below the root still. */
  const names = new Map<string, { of: Identity; file: FolderFile }>();
  let catalogue: { of: Identity; sums: Promise<Sums> } | undefined;

  /** catalogue.json's sizes and hashes, read again when it was changed; none if there is none that can be read. */
  async function sums(): Promise<Sums> {
    const path = join(root, "catalogue.json");
    const stats = await stat(path).catch(() => undefined);
    if (!stats) return {};
    if (!catalogue || !isSame(stats, catalogue.of))
      catalogue = { of: stats, sums: readSums(path) };
    return catalogue.sums;
  }

  /** Those who look for the same file at the same time wait for one hash. */
  function etagFor(name: string, path: string, of: Stats): Promise<string> {
    const known = etags.get(path);
    if (known && isSame(of, known.of)) return known.etag;
    const made = (async () => {
      const listed = (await sums())[name];
      return etagOf(
        listed?.size === of.size
          ? Buffer.from(listed.sha256, "hex")
          : await hash(path),
      );
    })();
    etags.set(path, { of, etag: made });
    made.catch(() => {
      if (etags.get(path)?.etag === made) etags.delete(path);
    });
    return made;
  }

  return {
    async find(name) {
      if (!isBelow(name)) return undefined;
      const known = names.get(name);
      if (known) {
        const stats = await orAway(stat(join(root, name)).catch(missing));
        if (stats && isSame(stats, known.of)) return known.file;
        names.delete(name);
      }
      for (let attempt = 0; attempt < attempts; attempt++) {
        const found = await locate(root, name);
        if (!found) return undefined;
        const { path, stats } = found;
        const etag = await orAway(etagFor(name, path, stats));
        const now = await orAway(stat(path).catch(missing));
        if (!now || !isSame(now, stats)) continue;
        const file = fileOf(name, path, stats, etag);
        if (names.size >= mostNames) names.clear();
        names.set(name, { of: stats, file });
        return file;
      }
      throw new MediaAway(`${name} is being written.`);
    },
  };
}

type Sums = Record<string, { size: number; sha256: string }>;

const sumsSchema = z.object({
  files: z.record(
    z.string(),
    z.object({ size: z.number(), sha256: z.hex().length(64) }),
  ),
});

/** What is wrong with a catalogue is said by who reads it as one; entity tags can do without. */
async function readSums(path: string): Promise<Sums> {
  try {
    return sumsSchema.parse(JSON.parse(await readFile(path, "utf8"))).files;
  } catch {
    return {};
  }
}

/** Whether a path has steps with names alone: it leads to nowhere but below. */
const isBelow = (name: string): boolean =>
  !/[\0\\]/.test(name) &&
  name.split("/").every((step) => step !== "" && step !== "." && step !== "..");

/** Where a file is, links followed; nothing if it is none, or not below the root. */
async function locate(
  root: string,
  name: string,
): Promise<{ path: string; stats: Stats } | undefined> {
  const [top, path] = await Promise.all([
    orAway(realpath(root)),
    orAway(realpath(join(root, name)).catch(missing)),
  ]);
  if (!path?.startsWith(top.endsWith(sep) ? top : top + sep)) return undefined;
  const stats = await orAway(stat(path).catch(missing));
  return stats?.isFile() ? { path, stats } : undefined;
}

/** What the system says of a path where there is nothing. */
function missing(error: NodeJS.ErrnoException): undefined {
  if (!/^(ENOENT|ENOTDIR|ELOOP|ENAMETOOLONG)$/.test(error.code ?? ""))
    throw error;
  return undefined;
}

/** Other errors are the folder's: a volume that is not mounted or does not answer, a file that we may not read. */
const orAway = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((error) => {
    throw new MediaAway((error as Error).message, { cause: error });
  });

async function hash(path: string): Promise<Buffer> {
  const sum = createHash("sha256");
  await pipeline(createReadStream(path), sum);
  return sum.digest();
}

const etagOf = (sha256: Buffer) =>
  `"${sha256.toString("base64url").slice(0, 22)}"`;

function fileOf(
  name: string,
  path: string,
  stats: Stats,
  etag: string,
): FolderFile {
  const open = (last: number) => createFileReader(path, stats, last);
  return {
    size: stats.size,
    etag,
    modified: new Date(Math.floor(stats.mtimeMs / 1000) * 1000),
    type:
      mediaTypes[extname(name).slice(1).toLowerCase()] ??
      "application/octet-stream",
    path,
    open,
    read: (start, end) => streamOf(open(end), start, end),
  };
}

/** A reader's bytes as a stream that reads only what is asked for, a chunk at a time. */
function streamOf(
  reader: FileReader,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let position = start;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        new Promise((resolve) => {
          const buffer = new Uint8Array(Math.min(chunk, end + 1 - position));
          reader.read([buffer], position, (error) => {
            if (error) controller.error(error);
            else {
              controller.enqueue(buffer);
              position += buffer.length;
              if (position > end) {
                reader.close();
                controller.close();
              }
            }
            resolve();
          });
        }),
      cancel: () => reader.close(),
    },
    { highWaterMark: 0 },
  );
}
