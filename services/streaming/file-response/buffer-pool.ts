/** Size of a buffer in bytes. */
const bufferBytes = 64 * 1024;

/** Shared budget for second and further buffers, and the size of the free list: 128 × 64 KiB = 8 MiB. */
const maxShared = 128;

/**
 * Free buffers for reuse: allocating memory costs as much as filling it, and used memory is still in the CPU's cache.
 * Last in, first out.
 */
const freeBuffers: Uint8Array[] = [];

/** Number of buffers in use beyond each user's first. */
let sharedInUse = 0;

/**
 * Takes buffers for `bytes`: one, and up to `atMost` while the shared budget lasts. The last one is cut to the
 * remaining length. Each buffer has its own memory, so that a slow client retains nothing but its own buffer.
 */
export function takeBuffers(bytes: number, atMost: number): Uint8Array[] {
  const needed = Math.ceil(bytes / bufferBytes);
  const shared = Math.max(
    0,
    Math.min(atMost, needed, maxShared - sharedInUse + 1) - 1,
  );
  sharedInUse += shared;
  return Array.from({ length: 1 + shared }, (_, i) => {
    const buffer = freeBuffers.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
    const left = bytes - i * bufferBytes;
    return left < bufferBytes ? buffer.subarray(0, left) : buffer;
  });
}

/** Returns buffers to the pool, except `keep`, which remains in use as the user's first buffer. */
export function returnBuffers(
  buffers: readonly Uint8Array[],
  keep?: Uint8Array,
): void {
  sharedInUse -= buffers.length - 1;
  for (const buffer of buffers) if (buffer !== keep) releaseBuffer(buffer);
}

/** Returns a buffer that `giveBack` kept. */
export function releaseBuffer(buffer: Uint8Array): void {
  if (freeBuffers.length >= maxShared) return;
  freeBuffers.push(
    buffer.length < bufferBytes ? new Uint8Array(buffer.buffer) : buffer,
  );
}
