import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { logger } from "@marquee/service-kit";
import type { Destination } from "./destinations/destination.ts";
import { LogFollower } from "./log-follower.ts";
import type { ShipperMetrics } from "./metrics.ts";
import { type Position, readPosition, writePosition } from "./position.ts";
import {
  createRecordFormatter,
  type KubernetesMetadata,
} from "./record-formatter.ts";

export interface ShipperTimes {
  /** Interval between reads of the log. For one file, inotify would not be cheaper. */
  pollMs: number;
  /** Time to ship the remaining lines at shutdown. The service may already have used 19 s of the pod's 30 s. */
  shutdownMs: number;
}

export const defaultShipperTimes: ShipperTimes = {
  pollMs: 250,
  shutdownMs: 8_000,
};

export interface ShipperOptions {
  log: string;
  kubernetes: KubernetesMetadata;
  destination: Destination;
  metrics: ShipperMetrics;
  times: ShipperTimes;
}

/** A line that was read but not shipped yet. */
interface PendingLine {
  record: string;

  recordBytes: number;
  /** Size of the line in the log file. */
  logBytes: number;
  end: Position;
}

/**
 * Ships a log's lines to a destination in batches. It reads on only after a batch is acknowledged: the log itself is
 * the buffer. After a crash, the next process starts with the first unacknowledged batch.
 */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #follower: LogFollower;
  readonly #record: ReturnType<typeof createRecordFormatter>;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  /** Lines that are not in a batch yet. */
  #pending: PendingLine[] = [];
  #batch: PendingLine[] = [];
  /** The last errors of reading the log and writing the position, so that each is logged once. */
  #unreadable: string | undefined;
  #unwritable: string | undefined;

  constructor(options: ShipperOptions) {
    const { log, kubernetes, metrics } = options;
    this.#options = options;
    this.#record = createRecordFormatter(kubernetes);
    this.#follower = new LogFollower(log, readPosition(log), (bytes) => {
      metrics.lost.inc(bytes);
      logger.error(
        { bytes },
        "the log was rotated twice before it could be shipped: lines are lost",
      );
    });
  }

  get started(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ships the remaining lines and logs the number of lines that could not be shipped in time. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.race([this.#running, delay(this.#options.times.shutdownMs)]);
    let lines = this.#batch.length + this.#pending.length;
    for (let rest = this.#read(); rest; rest = this.#read())
      lines += rest.length;
    if (lines > 0)
      logger.error(
        { lines },
        "lines could not be shipped before the shutdown timeout",
      );
  }

  /** Number of bytes in the log that are not acknowledged. */
  unshippedBytes(): number {
    const read = [...this.#batch, ...this.#pending];
    return read.reduce(
      (sum, { logBytes }) => sum + logBytes,
      this.#follower.unreadBytes(),
    );
  }

  async #run(): Promise<void> {
    const { destination, metrics, times } = this.#options;
    for (;;) {
      await this.#gather();
      const last = this.#batch.at(-1);
      if (!last) return;
      const poll = setInterval(() => this.#checkForNewFiles(), times.pollMs);
      const accepted = await destination.send(
        this.#batch.map(({ record }) => record),
        this.#ending.signal,
      );
      clearInterval(poll);
      (accepted ? metrics.shipped : metrics.dropped).inc(this.#batch.length);
      this.#batch = [];
      this.#storePosition(last.end);
    }
  }

  /** Fills the batch. It stays empty only at shutdown, after all lines were shipped. */
  async #gather(): Promise<void> {
    const { destination, times } = this.#options;
    const { limits } = destination;
    const { signal } = this.#ending;
    let bytes = 0;
    let due = Number.POSITIVE_INFINITY;
    for (;;) {
      let taken = 0;
      for (const line of this.#pending) {
        bytes += line.recordBytes;
        const full =
          this.#batch.length === limits.maxLines ||
          (bytes > limits.maxBytes && this.#batch.length > 0);
        if (full) {
          this.#pending = this.#pending.slice(taken);
          return;
        }
        if (this.#batch.length === 0)
          due = performance.now() + limits.maxWaitMs;
        this.#batch.push(line);
        taken++;
      }
      this.#pending = [];
      await setImmediate(); // let requests and signals be handled
      const lines = this.#read();
      if (lines) {
        this.#pending = lines.map((line) => {
          const record = this.#record(line);
          return {
            record,
            recordBytes: Buffer.byteLength(record),
            logBytes: line.bytes,
            end: line.end,
          };
        });
        continue;
      }
      const left = due - performance.now();
      if (signal.aborted || left <= 0) return;
      await delay(Math.min(times.pollMs, left), undefined, { signal }).catch(
        () => {}, // aborted by the shutdown
      );
    }
  }

  /** Reads the next lines. Errors are logged, and the next call tries again. */
  #read() {
    try {
      const lines = this.#follower.read(this.#ending.signal.aborted);
      this.#unreadable = undefined;
      return lines;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#unreadable)
        logger.error(`can't read the log: ${message}`);
      this.#unreadable = message;
      return undefined;
    }
  }

  #checkForNewFiles(): void {
    try {
      this.#follower.checkForNewFiles();
    } catch {} // #read() logs the error
  }

  /** Stores the position. Errors don't stop the shipping: a restart would only repeat more lines. */
  #storePosition(position: Position): void {
    try {
      writePosition(this.#options.log, position);
      this.#unwritable = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#unwritable)
        logger.error(`can't store the position in the log: ${message}`);
      this.#unwritable = message;
    }
  }
}
