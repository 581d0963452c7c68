import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FileReader } from "../media/file-reader.ts";
import type { FolderFile } from "../media/folder.ts";
import { giveBack, release, take } from "./buffers.ts";
import type { Piece } from "./multipart.ts";

/** Buffers that are read at once for a client that takes all it gets: 1 MiB. Who did not take the last gets one, 64 KiB, and then twice as many each time. */
const mostAtOnce = 16;

/**
 * Sends the pieces as the body of an answer that is yet to be written, straight to its socket: what is between a file and a
 * socket in Web streams costs more than both. The server writes status and headers when all middleware has run, and then ends
 * the answer, which has no body; instead of that end, the pieces are sent, and it ends after them.
 * @param isStill asked at that end, whether the answer is the one that the pieces are for: middleware may have replaced it
 * @param failed told why the file could not be read to its end; the connection is cut then, so that nobody takes it for whole
 */
export function sendAtEnd(
  outgoing: ServerResponse,
  file: FolderFile,
  pieces: readonly Piece[],
  isStill: () => boolean,
  failed: (error: Error) => void,
): void {
  const { end } = outgoing;
  outgoing.end = (...body: unknown[]) => {
    outgoing.end = end;
    if (body.length > 0 || !isStill())
      return Reflect.apply(end, outgoing, body) as ServerResponse;
    if (outgoing.destroyed) return outgoing;
    // Of pipelined requests each gets the socket when the one before is answered.
    if (outgoing.socket) send(outgoing, outgoing.socket, file, pieces, failed);
    else
      outgoing.once("socket", (socket: Socket) =>
        send(outgoing, socket, file, pieces, failed),
      );
    return outgoing;
  };
}

/**
 * One read and one write at a time: what the socket does not take at once, at most one buffer, is waited for, and what was
 * read beyond is read again. So a client that reads nothing holds 64 KiB here, whatever it was given before.
 */
function send(
  outgoing: ServerResponse,
  socket: Socket,
  file: FolderFile,
  pieces: readonly Piece[],
  failed: (error: Error) => void,
): void {
  let index = 0;
  let reader: FileReader | undefined;
  let position = 0;
  let atOnce = mostAtOnce;
  let [written, done] = [0, 0];
  /** What to do when the socket has taken all that was written; nothing while we need not wait for it. */
  let resume: (() => void) | undefined;

  const closed = () => reader?.close();
  outgoing.once("close", closed);

  const onWritten = (error?: Error | null) => {
    done++;
    if (error || done < written) return; // after an error "close" follows
    const go = resume;
    resume = undefined;
    go?.();
  };

  /** @returns whether the socket took it at once, so that its memory is ours again */
  const write = (bytes: Uint8Array): boolean => {
    written++;
    if (outgoing.headersSent && written === 1) {
      // Headers and the first bytes in one segment.
      socket.cork();
      outgoing.flushHeaders();
      socket.write(bytes, onWritten);
      socket.uncork();
    } else socket.write(bytes, onWritten);
    return socket.writableLength === 0;
  };

  const next = (): void => {
    if (outgoing.destroyed) return;
    const piece = pieces[index];
    if (!piece) {
      outgoing.off("close", closed);
      outgoing.end();
    } else if (piece instanceof Uint8Array) {
      index++;
      if (write(piece)) next();
      else resume = next;
    } else {
      if (!reader) {
        reader = file.open(piece.end);
        position = piece.start;
      }
      readOn(reader, piece.end);
    }
  };

  const readOn = (reader: FileReader, end: number) => {
    const buffers = take(end + 1 - position, atOnce);
    reader.read(buffers, position, (error) => {
      if (!error && !outgoing.destroyed) return sendOn(buffers, end);
      giveBack(buffers);
      if (!error || outgoing.destroyed) return;
      failed(error);
      outgoing.destroy();
    });
  };

  const sendOn = (buffers: Uint8Array[], end: number) => {
    for (const buffer of buffers) {
      position += buffer.length;
      if (write(buffer)) continue;
      giveBack(buffers, buffer);
      atOnce = 1;
      resume = () => {
        release(buffer);
        next();
      };
      break;
    }
    if (!resume) {
      giveBack(buffers);
      atOnce = Math.min(atOnce * 2, mostAtOnce);
    }
    if (position > end) {
      reader?.close();
      reader = undefined;
      index++;
    }
    if (!resume) next();
  };

  next();
}
