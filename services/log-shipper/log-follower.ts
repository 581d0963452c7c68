import { closeSync, fstatSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { logger } from "@marquee/service-kit";
import { type LogFile, listLogFiles, openLogFile } from "./log-files.ts";
import type { Position } from "./position.ts";

/** Longer lines are truncated. Also limits the size of a read. */
const maxLineBytes = 64 * 1024;

const newline = 0x0a;

export interface Line {
  text: string;
  /** Whether `text` is only the beginning of the line. */
  truncated: boolean;
  /** Size of the line in the file, including its newline. */
  bytes: number;
  /** Position of the next line. */
  end: Position;
}

/**
 * Reads a log's lines from the oldest file on and follows rotations. Reads are synchronous: recent lines are in the
 * page cache, where a read is faster than a round trip to the thread pool.
 */
export class LogFollower {
  readonly #path: string;
  readonly #onLost: (bytes: number) => void;
  readonly #start: Position | undefined;
  readonly #buffer = Buffer.allocUnsafe(maxLineBytes + 1);
  #file: { id: string; descriptor: number } | undefined;
  /** Id of the file that was read before. */
  #previous: string | undefined;
  /** Files to read after this one, oldest first. */
  #newer: LogFile[] = [];
  /** Offset of the first line that was not returned yet. */
  #offset = 0;
  /** The range from #offset to here contains no newline. */
  #searched = 0;

  /**
   * @param start the position to continue from
   * @param onLost called with the number of bytes that were replaced before they were read
   */
  constructor(
    path: string,
    start: Position | undefined,
    onLost: (bytes: number) => void,
  ) {
    this.#path = path;
    this.#start = start;
    this.#onLost = onLost;
  }

  /**
   * Returns the next lines, at most 64 KiB. The list may be empty although more lines follow; undefined means that all
   * lines were read.
   * @param final whether the writer has ended. The rest of the file is then a line even without a newline
   * @throws Error if the log can't be read
   */
  read(final = false): Line[] | undefined {
    if (!this.#file && !this.#open()) return undefined;
    let size = this.#size();
    if (size === this.#searched) {
      // The writer never appends to a file after a newer one exists, so read the size again after this check.
      this.checkForNewFiles();
      size = this.#size();
    }
    if (size < this.#searched) {
      if (size < this.#offset) {
        logger.warn(`${this.#path} was truncated: reading from its start`);
        this.#offset = 0;
      }
      this.#searched = this.#offset;
      return [];
    }
    if (size > this.#searched)
      return this.#searched - this.#offset > maxLineBytes
        ? this.#findLongLineEnd()
        : this.#lines();
    if (!final && this.#newer.length === 0) return undefined;
    if (this.#offset < size) return [this.#lineTo(size)];
    return this.#next() ? [] : undefined;
  }

  /** Number of bytes that were not returned yet. */
  unreadBytes(): number {
    this.checkForNewFiles();
    return this.#newer.reduce(
      (sum, { bytes }) => sum + bytes,
      this.#file ? Math.max(this.#size() - this.#offset, 0) : 0,
    );
  }

  /** Lists the files. Call it periodically while nothing is read, so that files lost to rotation are counted. */
  checkForNewFiles(): void {
    if (!this.#file) return;
    const { id } = this.#file;
    const files = listLogFiles(this.#path).filter(
      (file) => file.id !== this.#previous,
    );
    const newer = files.slice(files.findIndex((file) => file.id === id) + 1);
    for (const { id, bytes } of this.#newer)
      if (!newer.some((file) => file.id === id)) this.#onLost(bytes);
    this.#newer = newer;
  }

  /** Opens the file to start from. @returns false if there is none yet */
  #open(): boolean {
    const files = listLogFiles(this.#path);
    if (files.length === 0) return false;
    const at = files.findIndex(({ id }) => id === this.#start?.file);
    if (this.#start && at < 0)
      logger.error(
        "the file that was being shipped no longer exists: its remaining lines are lost",
      );
    this.#newer = files.slice(Math.max(at, 0));
    this.#previous = files[at - 1]?.id;
    if (!this.#next()) return false;
    if (this.#file?.id === this.#start?.file)
      this.#offset = this.#searched = this.#start?.offset ?? 0;
    return true;
  }

  /** Opens the next file. @returns false if there is none */
  #next(): boolean {
    for (let next = this.#newer[0]; next; next = this.#newer[0]) {
      const descriptor = openLogFile(this.#path, next.id);
      this.#newer.shift();
      if (descriptor === undefined) {
        this.#onLost(next.bytes);
        continue;
      }
      if (this.#file) closeSync(this.#file.descriptor);
      this.#previous = this.#file?.id ?? this.#previous;
      this.#file = { id: next.id, descriptor };
      this.#offset = this.#searched = 0;
      return true;
    }
    return false;
  }

  #lines(): Line[] {
    const chunk = this.#readAt(this.#offset);
    const lines: Line[] = [];
    const base = this.#offset;
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      if (end < 0) break;
      const text = chunk.toString("utf8", start, end);
      lines.push(this.#line(text, base + start, base + end + 1));
      start = end + 1;
    }
    this.#offset = base + start;
    this.#searched = base + chunk.length;
    return lines;
  }

  /** Searches one chunk for the end of a line that is longer than maxLineBytes. */
  #findLongLineEnd(): Line[] {
    const chunk = this.#readAt(this.#searched);
    const end = chunk.indexOf(newline);
    if (end >= 0) return [this.#lineTo(this.#searched + end + 1)];
    this.#searched += chunk.length;
    return [];
  }

  /** Returns the line from #offset to `end`, truncated if it is too long. */
  #lineTo(end: number): Line {
    const start = this.#offset;
    const truncated = end - start > maxLineBytes;
    const bytes = this.#readAt(start).subarray(
      0,
      Math.min(end - start, maxLineBytes),
    );
    // StringDecoder omits an incomplete character at the end.
    const text = truncated
      ? new StringDecoder("utf8").write(bytes)
      : bytes.toString("utf8");
    this.#offset = this.#searched = end;
    return this.#line(text, start, end, truncated);
  }

  #line(text: string, start: number, end: number, truncated = false): Line {
    const file = this.#file?.id as string;
    const size = end - start;
    return { text, truncated, bytes: size, end: { file, offset: end } };
  }

  #readAt(position: number): Buffer {
    const { descriptor } = this.#file as { descriptor: number };
    const { length } = this.#buffer;
    return this.#buffer.subarray(
      0,
      readSync(descriptor, this.#buffer, 0, length, position),
    );
  }

  #size(): number {
    return fstatSync((this.#file as { descriptor: number }).descriptor).size;
  }
}
