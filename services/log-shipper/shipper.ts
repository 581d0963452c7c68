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

/** Milliseconds. */
export interface ShipperTimes {
  /** Between looks for what is new. With one file, waiting for the system to tell would be no cheaper. */
  pollMs: number;
  /** To ship what is left when the program is to end: of a pod's 30 s, the service before it may have taken 19. */
  shutdownMs: number;
}

export const defaultShipperTimes: ShipperTimes = {
  pollMs: 250,
  shutdownMs: 8_000,
};

export interface ShipperOptions {
  /** The path of the log. */
  log: string;
  kubernetes: KubernetesMetadata;
  destination: Destination;
  metrics: ShipperMetrics;
  times: ShipperTimes;
}

/** A line that was read and is to be shipped. */
interface PendingLine {
  record: string;
  /** Bytes of the record. */
  recordBytes: number;
  /** Bytes that it takes in the log. */
  logBytes: number;
  end: Position;
}

/**
 * Ships a log's lines to a destination, a batch after the other. It reads on when a batch is acknowledged: the log
 * itself is the buffer. Where a process ends without notice, the next one begins with the batch that was not
 * acknowledged.
 */
export class Shipper {
  readonly #options: ShipperOptions;
  readonly #follower: LogFollower;
  readonly #record: ReturnType<typeof createRecordFormatter>;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;
  /** Read, and not in a batch yet. */
  #pending: PendingLine[] = [];
  #batch: PendingLine[] = [];
  /** Why nothing can be read, and no position written: each is logged once. */
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

  /** Whether it ships, or waits for something to ship. */
  get started(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ships what is left, says what could not be, and does nothing from then on. */
  async stop(): Promise<void> {
    this.#ending.abort();
    await Promise.race([this.#running, delay(this.#options.times.shutdownMs)]);
    let lines = this.#batch.length + this.#pending.length;
    for (let rest = this.#read(); rest; rest = this.#read())
      lines += rest.length;
    if (lines > 0)
      logger.error(
        { lines },
        "these lines could not be shipped before the end, which does not wait for longer",
      );
  }

  /** Bytes of the log that are not acknowledged. */
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
      const watch = setInterval(() => this.#look(), times.pollMs);
      const taken = await destination.send(
        this.#batch.map(({ record }) => record),
        this.#ending.signal,
      );
      clearInterval(watch);
      (taken ? metrics.shipped : metrics.dropped).inc(this.#batch.length);
      this.#batch = [];
      this.#keep(last.end);
    }
  }

  /** Fills the batch. It stays empty only when all is shipped and the program is to end. */
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
      await setImmediate(); // requests and signals have their turn
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
        () => {}, // to end: there is no need to wait
      );
    }
  }

  /** A log that can't be read now may be read later. */
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

  #look(): void {
    try {
      this.#follower.checkForNewFiles();
    } catch {} // said when it is read
  }

  /** Without a place for the position, lines are shipped all the same: a restart would only repeat more. */
  #keep(position: Position): void {
    try {
      writePosition(this.#options.log, position);
      this.#unwritable = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== this.#unwritable)
        logger.error(`can't keep the position in the log: ${message}`);
      this.#unwritable = message;
    }
  }
}
