import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FileReader } from "../media/folder/file-reader.ts";
import type { FolderFile } from "../media/folder/store.ts";
import { releaseBuffer, returnBuffers, takeBuffers } from "./buffer-pool.ts";
import type { Piece } from "./multipart.ts";

/**
 * Buffers read at once for a client that keeps up: 1 MiB. After the socket blocks, reading restarts with one (64 KiB)
 * and doubles each time.
 */
const maxBuffersAtOnce = 16;

/**
 * Sends the pieces as the body of a response whose headers are not written yet, straight to its socket: Web streams
 * cost more than reading the file and writing the socket together. Once all middleware has run, the server writes
 * status and headers and calls end() on the empty response; this replaces that end() by sending the pieces.
 * @param isUnchanged called at that point: whether the response is still ours, because middleware may have replaced it
 * @param onFailure called if the file can't be read to its end; the connection is then closed, so that the client
 *   notices
 */
export function sendFileToSocket(
  outgoing: ServerResponse,
  file: FolderFile,
  pieces: readonly Piece[],
  isUnchanged: () => boolean,
  onFailure: (error: Error) => void,
): void {
  const { end } = outgoing;
  outgoing.end = (...body: unknown[]) => {
    outgoing.end = end;
    if (body.length > 0 || !isUnchanged())
      return Reflect.apply(end, outgoing, body) as ServerResponse;
    if (outgoing.destroyed) return outgoing;
    // A pipelined request gets the socket when the previous response has ended.
    if (outgoing.socket)
      sendPieces(outgoing, outgoing.socket, file, pieces, onFailure);
    else
      outgoing.once("socket", (socket: Socket) =>
        sendPieces(outgoing, socket, file, pieces, onFailure),
      );
    return outgoing;
  };
}

/**
 * Reads and writes one after the other. When the socket blocks, at most one buffer waits for it; the rest of what was
 * read is discarded and read again. So a client that reads nothing holds 64 KiB here.
 */
function sendPieces(
  outgoing: ServerResponse,
  socket: Socket,
  file: FolderFile,
  pieces: readonly Piece[],
  onFailure: (error: Error) => void,
): void {
  let index = 0;
  let reader: FileReader | undefined;
  let position = 0;
  let atOnce = maxBuffersAtOnce;
  let [written, completed] = [0, 0];
  /** Continues when the socket has taken all written bytes; undefined while there is no need to wait. */
  let resume: (() => void) | undefined;

  const onClose = () => reader?.close();
  outgoing.once("close", onClose);

  const onWritten = (error?: Error | null) => {
    completed++;
    if (error || completed < written) return; // an error is followed by "close"
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

  const sendNext = (): void => {
    if (outgoing.destroyed) return;
    const piece = pieces[index];
    if (!piece) {
      outgoing.off("close", onClose);
      outgoing.end();
    } else if (piece instanceof Uint8Array) {
      index++;
      if (write(piece)) sendNext();
      else resume = sendNext;
    } else {
      if (!reader) {
        reader = file.open(piece.end);
        position = piece.start;
      }
      readNext(reader, piece.end);
    }
  };

  const readNext = (reader: FileReader, end: number) => {
    const buffers = takeBuffers(end + 1 - position, atOnce);
    reader.read(buffers, position, (error) => {
      if (!error && !outgoing.destroyed) return writeBuffers(buffers, end);
      returnBuffers(buffers);
      if (!error || outgoing.destroyed) return;
      onFailure(error);
      outgoing.destroy();
    });
  };

  const writeBuffers = (buffers: Uint8Array[], end: number) => {
    for (const buffer of buffers) {
      position += buffer.length;
      if (write(buffer)) continue;
      returnBuffers(buffers, buffer);
      atOnce = 1;
      resume = () => {
        releaseBuffer(buffer);
        sendNext();
      };
      break;
    }
    if (!resume) {
      returnBuffers(buffers);
      atOnce = Math.min(atOnce * 2, maxBuffersAtOnce);
    }
    if (position > end) {
      reader?.close();
      reader = undefined;
      index++;
    }
    if (!resume) sendNext();
  };

  sendNext();
}
