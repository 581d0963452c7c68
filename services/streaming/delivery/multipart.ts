import { randomBytes } from "node:crypto";
import type { Part } from "./range.ts";

/** What an answer's body is made of, in order: bytes of ours, and parts of the file. */
export type Piece = Uint8Array | Part;

export const lengthOf = (pieces: readonly Piece[]): number =>
  pieces.reduce(
    (sum, piece) =>
      sum +
      (piece instanceof Uint8Array
        ? piece.length
        : piece.end - piece.start + 1),
    0,
  );

/**
 * Several parts in one body, multipart/byteranges (RFC 9110, section 14.6).
 * @param type the file's media type
 * @param size the file's size in bytes
 */
export function multipart(
  parts: readonly Part[],
  { type, size }: { type: string; size: number },
): { type: string; pieces: Piece[] } {
  // That it is in a file by chance is as likely as a UUID that is there twice.
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
