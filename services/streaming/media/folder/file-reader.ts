import {
  closeSync,
  constants,
  fstatSync,
  open,
  readv,
  type Stats,
} from "node:fs";
import { MediaChangedError } from "../media-store.ts";

/** Identifies a version of a file on disk. */
export interface FileIdentity {
  size: number;
  /** Milliseconds, with fractions. */
  mtimeMs: number;
  ino: number;
  dev: number;
}

/** Reads a file piecewise at any position. Uses callbacks, because this is the innermost loop of streaming. */
export interface FileReader {
  /**
   * Fills the buffers from `position`; the range must lie within the file. One call at a time; the first one opens the
   * file. A read that reaches `last` or the end of the file fails if the file has changed since it was looked up.
   * @param done called once, when the buffers are filled or no longer used: with MediaChangedError, a system error, or
   *   an error that says the reader was closed
   */
  read(
    buffers: readonly Uint8Array[],
    position: number,
    done: (error?: Error) => void,
  ): void;
  /** Closes the file: immediately, or after the operation in progress. */
  close(): void;
}

/** O_NONBLOCK: a FIFO in the file's place must not block. O_NOFOLLOW: a link in its place must not lead elsewhere. */
const openFlags =
  constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * @param path a real path, without links
 * @param found the file's identity when it was looked up
 * @param last the last byte that will be read
 */
export function createFileReader(
  path: string,
  found: FileIdentity,
  last: number,
): FileReader {
  let fd: number | undefined;
  let busy = false;
  let closed = false;

  // Opening and reading wait for the disk on another thread. fstat and close don't, and handing them over would cost
  // more.
  const closeNow = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const isUnchanged = () => isSameFile(fstatSync(fd as number), found);
  const changed = (what: string) => new MediaChangedError(`${path} ${what}`);

  return {
    read(buffers, position, done) {
      const settle = (error?: Error | null) => {
        busy = false;
        if (closed) closeNow();
        else if (error) this.close();
        else return done();
        done(error ?? new Error(`${path} was closed.`));
      };
      const fill = () =>
        readv(fd as number, buffers, position, (error, bytes) => {
          if (error || closed) return settle(error);
          const wanted = buffers.reduce((sum, { length }) => sum + length, 0);
          if (bytes < wanted) return settle(changed("got shorter."));
          if (position + wanted > last && !isUnchanged())
            return settle(changed("was changed while it was read."));
          settle();
        });
      busy = true;
      if (fd !== undefined) return fill();
      open(path, openFlags, (error, opened) => {
        if (error) return settle(changed(`was deleted: ${error.message}`));
        fd = opened;
        if (closed) return settle();
        if (!isUnchanged()) return settle(changed("was changed."));
        fill();
      });
    },
    close() {
      closed = true;
      if (!busy) closeNow();
    },
  };
}

export const isSameFile = (
  stats: Stats,
  { size, mtimeMs, ino, dev }: FileIdentity,
) =>
  stats.isFile() &&
  stats.size === size &&
  stats.mtimeMs === mtimeMs &&
  stats.ino === ino &&
  stats.dev === dev;
