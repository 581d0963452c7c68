import { randomBytes } from "node:crypto";
import type { Part } from "./ranges.ts";

/** A piece of a response body: literal bytes or a part of the file. */
export type Piece = Uint8Array | Part;

export const totalLength = (pieces: readonly Piece[]): number =>
  pieces.reduce(
    (sum, piece) =>
      sum +
      (piece instanceof Uint8Array
        ? piece.length
        : piece.end - piece.start + 1),
    0,
  );

/**
 * Combines several parts in one multipart/byteranges body (RFC 9110, 14.6).
 * @param type media type of the file
 * @param size size of the file in bytes
 */
export function multipart(
  parts: readonly Part[],
  { type, size }: { type: string; size: number },
): { type: string; pieces: Piece[] } {
  // 128 random bits: a collision with the file's content is as unlikely as a duplicate UUID.
  const boundary = randomBytes(16).toString("hex");
  const text = new TextEncoder();
  const pieces = parts.flatMap(({ start, end }, i): Piece[] => [
    text.encode(
      `${i === 0 ? "" : "\r\n"}--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: bytes ${start}-${end}/${size}\r\n\r\n`,
    ),
    { start, end },
  ]);
  pieces.push(text.encode(`\r\n--${boundary}--\r\n`));
  return { type: `multipart/byteranges; boundary=${boundary}`, pieces };
}
