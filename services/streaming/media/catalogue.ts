import { createHash } from "node:crypto";
import * as z from "zod";
import type { MediaFile, MediaStore } from "./media-store.ts";
import { tallest, tallestPictureIn } from "./picture-height.ts";
import { maxPlaylistBytes } from "./playlist.ts";

/** Path of the catalogue below the store's root. */
const cataloguePath = "catalogue.json";

/** Largest accepted catalogue in bytes; a title takes about 1 KiB. */
const maxBytes = 4 * 1024 * 1024;

/** A title's files by purpose. */
const fileKinds = ["poster", "backdrop", "video", "hls"] as const;

/** Lower-case letters, digits and single hyphens, because ids are part of URLs. */
const id = z
  .string()
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    "expected lower-case letters, digits and single hyphens",
  );
const text = z.string().trim().min(1, "is empty");
const file = z
  .string()
  .regex(
    /^(?!\.{1,2}(\/|$))[^/\\\0]+(\/(?!\.{1,2}(\/|$))[^/\\\0]+)*$/,
    "expected a path below the catalogue's folder",
  );

const TitleEntry = z.strictObject({
  id,
  name: text,
  /** Year of release. */
  year: z.int().min(1888).max(9999),
  /** Running time. */
  seconds: z.number().positive(),
  genre: text,
  /** One line. */
  tagline: text,
  /** Two or three sentences. */
  description: text,
  /** A portrait picture, 2:3. */
  poster: file,
  /** A landscape picture, 16:9. */
  backdrop: file,
  /** The whole video in one file, for progressive playback. */
  video: file,
  /** The multivariant playlist. */
  hls: file,
});

const CatalogueFile = z.strictObject({
  featured: id,
  titles: z.array(TitleEntry).min(1, "expected at least one title"),
  files: z.record(
    file,
    z.strictObject({
      size: z.int().nonnegative(),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, "expected a SHA-256 of 64 hexadecimal digits"),
    }),
  ),
});
type CatalogueFile = z.infer<typeof CatalogueFile>;

/** A title to watch. Paths are relative to the store's root. */
export interface Title extends z.infer<typeof TitleEntry> {
  /** Sizes of its files in bytes. */
  sizes: Record<(typeof fileKinds)[number], number>;
}

/** All titles to watch. */
export interface Catalogue {
  /** Id of the title to show first. */
  featured: string;
  titles: Title[];
  /** Height of the tallest picture of all titles in pixels; undefined if no playlist declares one. */
  tallestPicture: number | undefined;
}

/** The catalogue or a file it names is invalid. The message has a line for each issue. */
export class InvalidCatalogueError extends Error {
  override readonly name = "InvalidCatalogueError";
  readonly issues: readonly string[];
  constructor(issues: string[]) {
    super(
      `${cataloguePath} is invalid:\n${issues.map((issue) => `- ${issue}`).join("\n")}`,
    );
    this.issues = issues;
  }
}

/**
 * Reads a store's catalogue.json and looks up every file that it names.
 * @throws InvalidCatalogueError with all issues; MediaUnavailableError
 */
export async function readCatalogue(store: MediaStore): Promise<Catalogue> {
  const catalogue = parse(await read(store));
  const issues = [...consistencyIssues(catalogue)];
  const found = new Map<string, MediaFile>();
  for (const name of fileNames(catalogue)) {
    const stored = await store.find(name);
    const listed = catalogue.files[name];
    if (!stored) issues.push(`${name}: no such file`);
    else if (
      listed &&
      stored.size !== listed.size &&
      !(await isSameWithCrlf(name, stored, listed))
    )
      issues.push(
        `${name}: the file has ${stored.size} bytes, but "files" lists ${listed.size}`,
      );
    else found.set(name, stored);
  }
  if (issues.length > 0) throw new InvalidCatalogueError(issues);
  const fileOf = (name: string) => found.get(name) as MediaFile;
  const sizeOf = (name: string) => fileOf(name).size;
  const heights: (number | undefined)[] = [];
  for (const { hls } of catalogue.titles) {
    const { size } = fileOf(hls);
    if (size > 0 && size <= maxPlaylistBytes)
      heights.push(tallestPictureIn(await textOf(fileOf(hls))));
  }
  return {
    featured: catalogue.featured,
    titles: catalogue.titles.map((title) => ({
      ...title,
      sizes: {
        poster: sizeOf(title.poster),
        backdrop: sizeOf(title.backdrop),
        video: sizeOf(title.video),
        hls: sizeOf(title.hls),
      },
    })),
    tallestPicture: tallest(heights),
  };
}

/**
 * Whether a file is the listed playlist with CRLF line endings, as Git may check it out. HLS allows both (RFC 8216,
 * 4.1).
 */
async function isSameWithCrlf(
  name: string,
  file: MediaFile,
  listed: CatalogueFile["files"][string],
): Promise<boolean> {
  const { size } = listed;
  if (!name.endsWith(".m3u8") || file.size < size || file.size > 2 * size)
    return false;
  const text = (await textOf(file)).replaceAll("\r\n", "\n");
  return createHash("sha256").update(text).digest("hex") === listed.sha256;
}

async function read(store: MediaStore): Promise<string> {
  const file = await store.find(cataloguePath);
  if (!file)
    throw new InvalidCatalogueError([
      "the file is missing: it must be at the root of the titles' folder or bucket",
    ]);
  if (file.size === 0) throw new InvalidCatalogueError(["the file is empty"]);
  if (file.size > maxBytes)
    throw new InvalidCatalogueError([
      `the file has ${file.size} bytes, but the maximum is ${maxBytes}`,
    ]);
  return textOf(file);
}

const textOf = (file: MediaFile): Promise<string> =>
  new Response(file.read(0, file.size - 1)).text();

function parse(text: string): CatalogueFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidCatalogueError([
      `the file is not JSON: ${(error as Error).message}`,
    ]);
  }
  const result = CatalogueFile.safeParse(json, { error: describeIssue });
  if (result.success) return result.data;
  throw new InvalidCatalogueError(
    result.error.issues.flatMap((issue) => {
      const at = issue.path.map(String);
      if (issue.code === "unrecognized_keys")
        return issue.keys.map(
          (key) => `${[...at, key].join(".")}: unknown key`,
        );
      if (issue.code === "invalid_key")
        return `${at.join(".")}: ${issue.issues.map(({ message }) => message)}`;
      return `${at.join(".") || "the document"}: ${issue.message}`;
    }),
  );
}

const describeIssue = (issue: z.core.$ZodRawIssue): string | undefined =>
  issue.code === "invalid_type" && issue.input === undefined
    ? "is missing"
    : undefined;

/** Checks the catalogue's internal consistency. */
function* consistencyIssues({ featured, titles, files }: CatalogueFile) {
  const ids = titles.map(({ id }) => id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i)))
    yield `titles: ${id} appears more than once`;
  if (!ids.includes(featured))
    yield `featured: no title has the id ${featured}; the ids are ${ids.join(", ")}`;
  for (const title of titles)
    for (const kind of fileKinds)
      if (!Object.hasOwn(files, title[kind]))
        yield `${title.id}'s ${kind}: ${title[kind]} has no entry in "files"`;
}

/** Every file that the catalogue names, without duplicates. */
const fileNames = ({ titles, files }: CatalogueFile): Set<string> =>
  new Set([
    ...titles.flatMap((title) => fileKinds.map((kind) => title[kind])),
    ...Object.keys(files),
  ]);
