import {
  closeSync,
  constants,
  fstatSync,
  open,
  readv,
  type Stats,
} from "node:fs";
import { MediaChanged } from "./media-store.ts";

/** What makes a file on a disk the one that was looked up. */
export interface Identity {
  size: number;
  /** Milliseconds, with fractions. */
  mtimeMs: number;
  ino: number;
  dev: number;
}

/** A file that is read in pieces, from anywhere. Callbacks, not promises: this is the innermost loop of what streams. */
export interface FileReader {
  /**
   * Fills the buffers with what is at `position`; all of it has to be in the file. One call at a time. Opens the file if it is
   * the first. What ends at the file's last byte, or at `last`, is only given if the file has not changed until then.
   * @param done called once, when the buffers are free or full: with an error (MediaChanged, the system's, or that it was closed)
   */
  read(
    buffers: readonly Uint8Array[],
    position: number,
    done: (error?: Error) => void,
  ): void;
  /** Closes the file at once, or where it is being opened or read, as soon as the system has done that. */
  close(): void;
}

/** A FIFO in its place must not make us wait, nor may a link lead elsewhere. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * @param path a real path
 * @param found what was there when it was looked up
 * @param last the last byte that will be read
 */
export function createFileReader(
  path: string,
  found: Identity,
  last: number,
): FileReader {
  let fd: number | undefined;
  let busy = false;
  let closed = false;

  // Opening and reading wait for the disk, on another thread. What follows does not, and handing it over would cost more.
  const closeNow = () => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  };
  const isUnchanged = () => isSame(fstatSync(fd as number), found);
  const changed = (what: string) => new MediaChanged(`${path} ${what}`);

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
      open(path, flags, (error, opened) => {
        if (error) return settle(changed(`is gone: ${error.message}`));
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

export const isSame = (stats: Stats, { size, mtimeMs, ino, dev }: Identity) =>
  stats.isFile() &&
  stats.size === size &&
  stats.mtimeMs === mtimeMs &&
  stats.ino === ino &&
  stats.dev === dev;
