import type { Destination } from "./destination.ts";

/**
 * Bytes that a pipe takes at once or not at all (PIPE_BUF on Linux): what the logger writes to the same pipe can't get
 * into the middle of a line.
 */
const maxAtomicWriteBytes = 4096;

/** Standard output: what collects the node's container logs finds the lines there. */
export const standardOutput: Destination = {
  limits: { maxLines: 500, maxBytes: 64 * 1024, maxWaitMs: 0 },
  async send(records) {
    for (const piece of chunkRecords(records)) await write(piece);
    return true;
  },
};

/** Resolves when the system has taken it, so that nothing piles up here when nobody reads. */
const write = (text: string) =>
  new Promise<void>((resolve, reject) =>
    process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
  );

/** Whole lines, as many as fit into a piece; a longer one alone. */
function* chunkRecords(records: string[]): Generator<string> {
  let piece = "";
  let size = 0;
  for (const record of records) {
    const bytes = Buffer.byteLength(record);
    if (size > 0 && size + bytes > maxAtomicWriteBytes) {
      yield piece;
      piece = "";
      size = 0;
    }
    piece += record;
    size += bytes;
  }
  yield piece;
}
