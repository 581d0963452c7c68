import type { MediaFile } from "../media/media-store.ts";
import type { Piece } from "./multipart.ts";

/** The pieces one after the other as a stream: of the file only what is asked for is read, and cancelling frees it. */
export function bodyOf(
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
 * The stream once its first bytes are there: until then nothing is sent, so that what keeps a file from being read is still an
 * answer of its own, and no answer that breaks off.
 * @param cut ends the connection when the stream fails later, so that nobody takes what came for whole. @default the stream fails
 * @throws what the stream fails with before its first bytes
 */
export async function begun(
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
