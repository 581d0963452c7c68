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
