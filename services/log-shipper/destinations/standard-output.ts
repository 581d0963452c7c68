import type { Destination } from "./destination.ts";

/**
 * Writes up to this size are atomic on a pipe (PIPE_BUF on Linux), so the logger, which writes to the same pipe, can't
 * interrupt a line.
 */
const maxAtomicWriteBytes = 4096;

/** Standard output, where the node's log collector finds the lines. */
export const standardOutput: Destination = {
  limits: { maxLines: 500, maxBytes: 64 * 1024, maxWaitMs: 0 },
  async send(records) {
    for (const chunk of chunkRecords(records)) await write(chunk);
    return true;
  },
};

/** Resolves after the write, so that no backlog grows in memory while the pipe is not read. */
const write = (text: string) =>
  new Promise<void>((resolve, reject) =>
    process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
  );

/** Groups records into chunks that can be written atomically. A longer record is a chunk of its own. */
function* chunkRecords(records: string[]): Generator<string> {
  let chunk = "";
  let size = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(record);
    if (size > 0 && size + bytes > maxAtomicWriteBytes) {
      yield chunk;
      chunk = "";
      size = 0;
    }
    chunk += record;
    size += bytes;
  }
  yield chunk;
}
