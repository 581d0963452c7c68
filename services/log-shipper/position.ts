import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { logger } from "@marquee/service-kit";
import * as z from "zod";

const positionSchema = z.object({
  /** Which of the log's files, by `Generation.id`. */
  file: z.string(),
  /** The bytes of it that were shipped. */
  offset: z.int().nonnegative(),
});

/** Up to where a log was shipped. */
export type Position = z.infer<typeof positionSchema>;

const positionFile = (log: string) => `${log}.position`;

/** Where the process before this one had got to; undefined if there was none. */
export function readPosition(log: string): Position | undefined {
  const path = positionFile(log);
  try {
    return positionSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    logger.warn(
      { err: error },
      `can't read ${path}: all that is in the log is shipped, maybe again`,
    );
    return undefined;
  }
}

/**
 * Keeps a position for the next process. It has the old one or the new one, never a part. It is not forced to the disk:
 * the volume's files end with the pod, so only the processes' ends have to be outlived.
 */
export function writePosition(log: string, position: Position): void {
  const path = positionFile(log);
  writeFileSync(`${path}.new`, JSON.stringify(position));
  renameSync(`${path}.new`, path);
}
