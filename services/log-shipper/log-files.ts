import {
  type BigIntStats,
  closeSync,
  fstatSync,
  openSync,
  statSync,
} from "node:fs";

/** One of a log's files. The newest is under the log's path, the one before it under `${path}.1`. */
export interface LogFile {
  id: string;
  /** Bytes. */
  bytes: number;
}

/**
 * Which file it is, whatever its name. File systems give a removed file's inode number to the next one that is made, so
 * the time when it was made belongs to it.
 */
const identify = ({ dev, ino, birthtimeNs }: BigIntStats) =>
  `${dev}-${ino}-${birthtimeNs}`;

/**
 * A log's files, oldest first, as they were at one moment.
 * @throws Error if what is there is no file, or can't be looked at
 */
export function listLogFiles(path: string): LogFile[] {
  for (;;) {
    const older = statLogFile(`${path}.1`);
    const newest = statLogFile(path);
    // It may have been renamed between the two; then what was under its name is not what came next.
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

/** Opens one of a log's files for reading; undefined if it is gone. */
export function openLogFile(path: string, id: string): number | undefined {
  // In the order in which a file moves, so that it can't slip by.
  for (const name of [path, `${path}.1`]) {
    if (statLogFile(name)?.id !== id) continue;
    const file = openSync(name, "r");
    if (identify(fstatSync(file, { bigint: true })) === id) return file;
    closeSync(file);
  }
  return undefined;
}
