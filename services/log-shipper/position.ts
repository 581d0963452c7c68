import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { logger } from "@marquee/service-kit";
import * as z from "zod";

const positionSchema = z.object({
  /** Id of a log file. */
  file: z.string(),
  /** Number of bytes of this file that were shipped. */
  offset: z.int().nonnegative(),
});

/** The end of the shipped part of a log. */
export type Position = z.infer<typeof positionSchema>;

const positionFile = (log: string) => `${log}.position`;

/** Reads the position of the previous process; undefined if there is none. */
export function readPosition(log: string): Position | undefined {
  const path = positionFile(log);
  try {
    return positionSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    logger.warn(
      { err: error },
      `can't read ${path}: shipping the whole log, and possibly some lines again`,
    );
    return undefined;
  }
}

/**
 * Stores the position for the next process. The rename makes it atomic. It needs no fsync: the volume is deleted with
 * the pod, so the position must survive only a restart of the process.
 */
export function writePosition(log: string, position: Position): void {
  const path = positionFile(log);
  writeFileSync(`${path}.new`, JSON.stringify(position));
  renameSync(`${path}.new`, path);
}
