import {
  type BigIntStats,
  closeSync,
  fstatSync,
  openSync,
  statSync,
} from "node:fs";

/** A file of a rotated log: the current one at the log's path, or the previous one at `${path}.1`. */
export interface LogFile {
  id: string;
  /** Bytes. */
  bytes: number;
}

/**
 * Identifies a file across renames. File systems reuse the inode number of a removed file, so the birth time is part of
 * the id.
 */
const identify = ({ dev, ino, birthtimeNs }: BigIntStats) =>
  `${dev}-${ino}-${birthtimeNs}`;

/**
 * Takes a consistent snapshot of a log's files, oldest first.
 * @throws Error if a path is not a regular file or can't be accessed
 */
export function listLogFiles(path: string): LogFile[] {
  for (;;) {
    const older = statLogFile(`${path}.1`);
    const newest = statLogFile(path);
    // A rotation between the two calls would make the list inconsistent: try again.
    if (statLogFile(`${path}.1`)?.id === older?.id)
      return [older, newest].filter((file) => file !== undefined);
  }
}

function statLogFile(path: string): LogFile | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stats) return undefined;
  if (!stats.isFile()) throw new Error(`${path} is not a regular file`);
  return { id: identify(stats), bytes: Number(stats.size) };
}

/** Opens one of a log's files for reading; undefined if it no longer exists. */
export function openLogFile(path: string, id: string): number | undefined {
  // Check the names in the order in which rotation moves a file, so that a concurrent rotation can't hide it.
  for (const name of [path, `${path}.1`]) {
    if (statLogFile(name)?.id !== id) continue;
    const file = openSync(name, "r");
    if (identify(fstatSync(file, { bigint: true })) === id) return file;
    closeSync(file);
  }
  return undefined;
}
