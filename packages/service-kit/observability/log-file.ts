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
 * Maximum size of a log file. Up to three exist: this one, the one before it, and a deleted one that the log shipper
 * still reads. They leave a quarter of the volume's 64 MiB free.
 */
const defaultMaxBytes = 16 * 1024 * 1024;

/**
 * Writes log lines to a file, and fatal ones to standard output as well, so that `kubectl logs` says why a program
 * ended.
 * @throws Error if the file can't be opened
 */
export function logFile(
  path: string,
  maxBytes = defaultMaxBytes,
): DestinationStream {
  // Synchronous, like the file: lines that are logged right before process.exit() must not be lost.
  const standardOutput = to({ dest: 1, sync: true });
  return multistream([
    { level: "trace", stream: new LogFile(path, maxBytes, standardOutput) },
    { level: "fatal", stream: standardOutput },
  ]);
}

/**
 * Appends lines to a file. Before the file exceeds the limit it is renamed to `${path}.1`, which replaces an earlier
 * one.
 *
 * Each line is one synchronous write to the page cache, which takes microseconds. No line is buffered, so none is lost
 * even if the process crashes, and none is in flight when the file is renamed.
 */
class LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #fallback: DestinationStream;
  #file: number;
  #size: number;

  constructor(path: string, maxBytes: number, fallback: DestinationStream) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#fallback = fallback;
    this.#file = openSync(path, "a+");
    const stats = fstatSync(this.#file);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    this.#size = stats.size;
    // A process that was killed in the middle of a line must not take the next line with it.
    if (this.#size > 0 && lastByte(this.#file, this.#size) !== newline)
      this.#append(Buffer.of(newline));
  }

  /** Never throws: requests must not fail because a disk is full. Lines that can't be written go to standard output. */
  write(line: string): void {
    try {
      const bytes = Buffer.from(line);
      if (this.#size > 0 && this.#size + bytes.length > this.#maxBytes)
        this.#rotate();
      this.#append(bytes);
    } catch {
      this.#fallback.write(line);
    }
  }

  /** Writes all bytes or none: the disk may become full in the middle of a line. */
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
      // The file was deleted, or renamed by an earlier call whose open failed.
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
