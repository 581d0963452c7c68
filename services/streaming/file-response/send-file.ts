import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FileReader } from "../media/folder/file-reader.ts";
import type { FolderFile } from "../media/folder/store.ts";
import { giveBack, release, take } from "./buffer-pool.ts";
import type { Piece } from "./multipart.ts";

/**
 * Buffers read at once for a client that keeps up: 1 MiB. After the socket blocks, reading restarts with one (64 KiB)
 * and doubles each time.
 */
const mostAtOnce = 16;

/**
 * Sends the pieces as the body of a response whose headers are not written yet, straight to its socket: Web streams
 * cost more than reading the file and writing the socket together. Once all middleware has run, the server writes
 * status and headers and calls end() on the empty response; this replaces that end() by sending the pieces.
 * @param isStill called at that point: whether the response is still ours, because middleware may have replaced it
 * @param failed called if the file can't be read to its end; the connection is then closed, so that the client notices
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
    // A pipelined request gets the socket when the previous response has ended.
    if (outgoing.socket) send(outgoing, outgoing.socket, file, pieces, failed);
    else
      outgoing.once("socket", (socket: Socket) =>
        send(outgoing, socket, file, pieces, failed),
      );
    return outgoing;
  };
}

/**
 * Reads and writes one after the other. When the socket blocks, at most one buffer waits for it; the rest of what was
 * read is discarded and read again. So a client that reads nothing holds 64 KiB here.
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
  /** Continues when the socket has taken all written bytes; undefined while there is no need to wait. */
  let resume: (() => void) | undefined;

  const closed = () => reader?.close();
  outgoing.once("close", closed);

  const onWritten = (error?: Error | null) => {
    done++;
    if (error || done < written) return; // an error is followed by "close"
    const go = resume;
    resume = undefined;
    go?.();
  };

  /** @returns whether the socket took the bytes at once, so that the buffer can be reused */
  const write = (bytes: Uint8Array): boolean => {
    written++;
    if (outgoing.headersSent && written === 1) {
      // Send the headers and the first bytes in one segment.
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
