import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import {
  type MediaFile,
  type MediaStore,
  MediaUnavailableError,
  mediaTypes,
} from "../media-store.ts";
import {
  createFileReader,
  type FileIdentity,
  type FileReader,
  isSameFile,
} from "./file-reader.ts";

/** A file of a local folder, which can be read into the caller's buffers. */
export interface FolderFile extends MediaFile {
  path: string;
  /** @param last the last byte that will be read */
  open(last: number): FileReader;
}

export const isFolderFile = (file: MediaFile): file is FolderFile =>
  "open" in file;

/** Bytes that `read` holds in memory per stream. */
const chunkBytes = 64 * 1024;

/** Number of cached names; with links, a file may have any number of names. */
const maxCachedNames = 10_000;

/** How often to hash a file that changes meanwhile. */
const maxHashAttempts = 3;

/**
 * Titles in a local folder, such as a volume. Entity tags come from the SHA-256 in catalogue.json if the size matches;
 * other files are hashed on first use and after each change. Files outside of the folder are not found, not even by
 * links.
 */
export function openFolder(root: string): MediaStore {
  const etags = new Map<string, { of: FileIdentity; etag: Promise<string> }>();
  /** Cached lookups. If the same file still exists under the name, it is still below the root. */
  const names = new Map<string, { of: FileIdentity; file: FolderFile }>();
  let catalogue:
    | { of: FileIdentity; listedHashes: Promise<ListedHashes> }
    | undefined;

  /** Sizes and hashes from catalogue.json, reread after each change; empty if it can't be read. */
  async function sums(): Promise<ListedHashes> {
    const path = join(root, "catalogue.json");
    const stats = await stat(path).catch(() => undefined);
    if (!stats) return {};
    if (!catalogue || !isSameFile(stats, catalogue.of))
      catalogue = { of: stats, listedHashes: readListedHashes(path) };
    return catalogue.listedHashes;
  }

  /** Concurrent lookups of a file share one hash. */
  function etagFor(name: string, path: string, of: Stats): Promise<string> {
    const known = etags.get(path);
    if (known && isSameFile(of, known.of)) return known.etag;
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
      if (!isSafePath(name)) return undefined;
      const known = names.get(name);
      if (known) {
        const stats = await orUnavailable(
          stat(join(root, name)).catch(undefinedIfMissing),
        );
        if (stats && isSameFile(stats, known.of)) return known.file;
        names.delete(name);
      }
      for (let attempt = 0; attempt < maxHashAttempts; attempt++) {
        const found = await locate(root, name);
        if (!found) return undefined;
        const { path, stats } = found;
        const etag = await orUnavailable(etagFor(name, path, stats));
        const now = await orUnavailable(stat(path).catch(undefinedIfMissing));
        if (!now || !isSameFile(now, stats)) continue;
        const file = createFile(name, path, stats, etag);
        if (names.size >= maxCachedNames) names.clear();
        names.set(name, { of: stats, file });
        return file;
      }
      throw new MediaUnavailableError(`${name} is being written.`);
    },
  };
}

type ListedHashes = Record<string, { size: number; sha256: string }>;

const listedHashesSchema = z.object({
  files: z.record(
    z.string(),
    z.object({ size: z.number(), sha256: z.hex().length(64) }),
  ),
});

/** Ignores an invalid catalogue: `readCatalogue` reports it, and entity tags don't need it. */
async function readListedHashes(path: string): Promise<ListedHashes> {
  try {
    return listedHashesSchema.parse(JSON.parse(await readFile(path, "utf8")))
      .files;
  } catch {
    return {};
  }
}

/** Whether a path has no empty, `.` or `..` segments, so that it stays below the root. */
const isSafePath = (name: string): boolean =>
  !/[\0\\]/.test(name) &&
  name.split("/").every((step) => step !== "" && step !== "." && step !== "..");

/** Resolves links. undefined if it isn't a regular file below the root. */
async function locate(
  root: string,
  name: string,
): Promise<{ path: string; stats: Stats } | undefined> {
  const [top, path] = await Promise.all([
    orUnavailable(realpath(root)),
    orUnavailable(realpath(join(root, name)).catch(undefinedIfMissing)),
  ]);
  if (!path?.startsWith(top.endsWith(sep) ? top : top + sep)) return undefined;
  const stats = await orUnavailable(stat(path).catch(undefinedIfMissing));
  return stats?.isFile() ? { path, stats } : undefined;
}

/** Turns the error codes for nonexistent paths into undefined. */
function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (!/^(ENOENT|ENOTDIR|ELOOP|ENAMETOOLONG)$/.test(error.code ?? ""))
    throw error;
  return undefined;
}

/** Other errors concern the folder: an unmounted or unresponsive volume, or missing permissions. */
const orUnavailable = <Result>(work: Promise<Result>): Promise<Result> =>
  work.catch((error) => {
    throw new MediaUnavailableError((error as Error).message, { cause: error });
  });

async function hash(path: string): Promise<Buffer> {
  const sum = createHash("sha256");
  await pipeline(createReadStream(path), sum);
  return sum.digest();
}

const etagOf = (sha256: Buffer) =>
  `"${sha256.toString("base64url").slice(0, 22)}"`;

function createFile(
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
    read: (start, end) => createStream(open(end), start, end),
  };
}

/** A stream that reads one chunk per pull. */
function createStream(
  reader: FileReader,
  start: number,
  end: number,
): ReadableStream<Uint8Array> {
  let position = start;
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) =>
        new Promise((resolve) => {
          const buffer = new Uint8Array(
            Math.min(chunkBytes, end + 1 - position),
          );
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
