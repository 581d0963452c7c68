import { closeSync, fstatSync, readSync } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { logger } from "@marquee/service-kit";
import { type LogFile, listLogFiles, openLogFile } from "./log-files.ts";
import type { Position } from "./position.ts";

/** Bytes that a line may have; of a longer one, so many are given. It bounds what is read at once, too. */
const maxLineBytes = 64 * 1024;

const newline = 0x0a;

export interface Line {
  text: string;
  /** Whether this is only how it begins. */
  truncated: boolean;
  /** Bytes that it takes in the file, with its newline. */
  bytes: number;
  /** Where the next one begins. */
  end: Position;
}

/**
 * Reads a log's lines, from its oldest file on and through its rotations. What is read was written a moment ago and
 * comes from the page cache, so it reads synchronously: that is faster than asking another thread, and nothing gets in
 * between.
 */
export class LogFollower {
  readonly #path: string;
  readonly #lost: (bytes: number) => void;
  readonly #start: Position | undefined;
  readonly #buffer = Buffer.allocUnsafe(maxLineBytes + 1);
  #file: { id: string; descriptor: number } | undefined;
  /** The file that was read before. */
  #previous: string | undefined;
  /** Files to be read after this one, oldest first. */
  #newer: LogFile[] = [];
  /** Where in the file the first line begins that was not given. */
  #offset = 0;
  /** There is no newline between #offset and here. */
  #searched = 0;

  /**
   * @param start where to go on
   * @param lost told of bytes that can't be read any more: the writer replaces the older file, whether it was read or
   * not
   */
  constructor(
    path: string,
    start: Position | undefined,
    lost: (bytes: number) => void,
  ) {
    this.#path = path;
    this.#start = start;
    this.#lost = lost;
  }

  /**
   * The next lines, of 64 KiB at most. An empty list is not the end, only undefined is, for now.
   * @param final nothing will be appended: the file's end also ends its last line
   * @throws Error if the log can't be read
   */
  read(final = false): Line[] | undefined {
    if (!this.#file && !this.#open()) return undefined;
    let size = this.#size();
    if (size === this.#searched) {
      // Once it is seen that there is a newer file, this one has its final size.
      this.checkForNewFiles();
      size = this.#size();
    }
    if (size < this.#searched) {
      if (size < this.#offset) {
        logger.warn(`${this.#path} was truncated: read from its start`);
        this.#offset = 0;
      }
      this.#searched = this.#offset;
      return [];
    }
    if (size > this.#searched)
      return this.#searched - this.#offset > maxLineBytes
        ? this.#findEnd()
        : this.#lines();
    if (!final && this.#newer.length === 0) return undefined;
    if (this.#offset < size) return [this.#lineTo(size)];
    return this.#next() ? [] : undefined;
  }

  /** Bytes that were not given yet. */
  unreadBytes(): number {
    this.checkForNewFiles();
    return this.#newer.reduce(
      (sum, { bytes }) => sum + bytes,
      this.#file ? Math.max(this.#size() - this.#offset, 0) : 0,
    );
  }

  /**
   * Sees which files there are. To be called every now and then while nothing is read, so that it is known what is
   * lost.
   */
  checkForNewFiles(): void {
    if (!this.#file) return;
    const { id } = this.#file;
    const found = listLogFiles(this.#path).filter(
      (file) => file.id !== this.#previous,
    );
    const newer = found.slice(found.findIndex((file) => file.id === id) + 1);
    for (const { id, bytes } of this.#newer)
      if (!newer.some((file) => file.id === id)) this.#lost(bytes);
    this.#newer = newer;
  }

  /** Opens the file where reading begins, once there is one. */
  #open(): boolean {
    const found = listLogFiles(this.#path);
    if (found.length === 0) return false;
    const at = found.findIndex(({ id }) => id === this.#start?.file);
    if (this.#start && at < 0)
      logger.error(
        `the file that was being shipped is gone: what it had left is lost`,
      );
    this.#newer = found.slice(Math.max(at, 0));
    this.#previous = found[at - 1]?.id;
    if (!this.#next()) return false;
    if (this.#file?.id === this.#start?.file)
      this.#offset = this.#searched = this.#start?.offset ?? 0;
    return true;
  }

  /** Goes on to the next file. */
  #next(): boolean {
    for (let next = this.#newer[0]; next; next = this.#newer[0]) {
      const descriptor = openLogFile(this.#path, next.id);
      this.#newer.shift();
      if (descriptor === undefined) {
        this.#lost(next.bytes);
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

  /** Looks for the end of a line that is longer than can be given, a piece at a time. */
  #findEnd(): Line[] {
    const chunk = this.#readAt(this.#searched);
    const end = chunk.indexOf(newline);
    if (end >= 0) return [this.#lineTo(this.#searched + end + 1)];
    this.#searched += chunk.length;
    return [];
  }

  /** The line that ends here, or how it begins. */
  #lineTo(end: number): Line {
    const start = this.#offset;
    const truncated = end - start > maxLineBytes;
    const bytes = this.#readAt(start).subarray(
      0,
      Math.min(end - start, maxLineBytes),
    );
    // The decoder leaves out a character that is cut.
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
