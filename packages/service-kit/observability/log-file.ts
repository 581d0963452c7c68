import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from "node:fs";
import { type DestinationStream, multistream, destination as to } from "pino";

/**
 * Bytes that a log file may have. The volume has 64 MiB: this file, the one before it, and a third that has been
 * replaced but that the log shipper still reads leave a quarter free.
 */
const fileLimit = 16 * 1024 * 1024;

/**
 * Where a logger's lines go when they go to a file: into it, and fatal ones to standard output too, so that `kubectl logs`
 * says why a program ended.
 * @throws Error if the file can't be opened
 */
export function logFile(path: string, limit = fileLimit): DestinationStream {
  // Synchronous, as the file is: what is logged right before process.exit() is written.
  const standardOutput = to({ dest: 1, sync: true });
  return multistream([
    { level: "trace", stream: new LogFile(path, limit, standardOutput) },
    { level: "fatal", stream: standardOutput },
  ]);
}

/**
 * A file that lines are appended to. One that would exceed the limit becomes `${path}.1`, in place of an earlier one.
 *
 * Each line is one synchronous write to the page cache (microseconds): none is buffered, so none is lost when the process
 * ends, however it ends; and none is under way when the file is renamed.
 */
class LogFile {
  readonly #path: string;
  readonly #limit: number;
  readonly #otherwise: DestinationStream;
  #file: number;
  #size: number;

  constructor(path: string, limit: number, otherwise: DestinationStream) {
    this.#path = path;
    this.#limit = limit;
    this.#otherwise = otherwise;
    this.#file = openSync(path, "a+");
    const stats = fstatSync(this.#file);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    this.#size = stats.size;
    // A process that was killed in the middle of a line must not take the next line with it.
    if (this.#size > 0 && lastByte(this.#file, this.#size) !== newline)
      this.#append(Buffer.of(newline));
  }

  /** Never throws: no request fails because a disk is full. What the file does not take goes to standard output. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      if (this.#size > 0 && this.#size + bytes.length > this.#limit)
        this.#rotate();
      this.#append(bytes);
    } catch {
      this.#otherwise.write(line);
    }
  }

  /** All of it or nothing: the disk may become full in the middle of a line. */
  #append(bytes: Buffer): void {
    let written = 0;
    try {
      while (written < bytes.length)
        written += writeSync(this.#file, bytes, written);
      this.#size += written;
    } catch (error) {
      if (written > 0)
        ftruncateSync(this.#file, fstatSync(this.#file).size - written);
      throw error;
    }
  }

  #rotate(): void {
    try {
      renameSync(this.#path, `${this.#path}.1`);
    } catch (error) {
      // Gone already: taken away, or renamed before the open below failed.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    const file = openSync(this.#path, "a+");
    closeSync(this.#file);
    this.#file = file;
    this.#size = fstatSync(file).size;
  }
}

const newline = 0x0a;

function lastByte(file: number, size: number): number | undefined {
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, size - 1);
  return byte[0];
}
