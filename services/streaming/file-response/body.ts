import type { MediaFile } from "../media/media-store.ts";
import type { Piece } from "./multipart.ts";

/** Streams the pieces in order. Reads only the requested parts of the file; cancelling closes it. */
export function streamPieces(
  file: MediaFile,
  pieces: readonly Piece[],
): ReadableStream<Uint8Array> {
  const [only] = pieces;
  if (pieces.length === 1 && only && !(only instanceof Uint8Array))
    return file.read(only.start, only.end);
  const left = [...pieces];
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const read = await reader?.read();
          if (read?.value) return controller.enqueue(read.value);
          const piece = left.shift();
          if (piece === undefined) return controller.close();
          if (piece instanceof Uint8Array) {
            reader = undefined;
            return controller.enqueue(piece);
          }
          reader = file.read(piece.start, piece.end).getReader();
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/**
 * Waits for the first chunk before returning the stream, so that an error while opening the file becomes an error
 * response instead of a truncated one.
 * @param cut closes the connection if the stream fails later, so that the client notices the truncation. @default the
 *   stream errors
 * @throws the stream's error before its first chunk
 */
export async function awaitFirstChunk(
  body: ReadableStream<Uint8Array>,
  cut?: (error: unknown) => void,
): Promise<ReadableStream<Uint8Array>> {
  const reader = body.getReader();
  let first: ReadableStreamReadResult<Uint8Array> | undefined =
    await reader.read();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value } = first ?? (await reader.read());
          first = undefined;
          if (value) controller.enqueue(value);
          else controller.close();
        } catch (error) {
          if (!cut) throw error;
          cut(error);
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
