/** Size of a buffer in bytes. */
const size = 64 * 1024;

/** Shared budget for second and further buffers, and the size of the free list: 128 × 64 KiB = 8 MiB. */
const most = 128;

/**
 * Free buffers for reuse: allocating memory costs as much as filling it, and used memory is still in the CPU's cache.
 * Last in, first out.
 */
const free: Uint8Array[] = [];

/** Number of buffers in use beyond each user's first. */
let beyond = 0;

/**
 * Takes buffers for `bytes`: one, and up to `atMost` while the shared budget lasts. The last one is cut to the
 * remaining length. Each buffer has its own memory, so that a slow client retains nothing but its own buffer.
 */
export function take(bytes: number, atMost: number): Uint8Array[] {
  const needed = Math.ceil(bytes / size);
  const more = Math.max(0, Math.min(atMost, needed, most - beyond + 1) - 1);
  beyond += more;
  return Array.from({ length: 1 + more }, (_, i) => {
    const buffer = free.pop() ?? Buffer.allocUnsafeSlow(size);
    const left = bytes - i * size;
    return left < size ? buffer.subarray(0, left) : buffer;
  });
}

/** Returns buffers to the pool, except `keep`, which remains in use as the user's first buffer. */
export function giveBack(
  buffers: readonly Uint8Array[],
  keep?: Uint8Array,
): void {
  beyond -= buffers.length - 1;
  for (const buffer of buffers) if (buffer !== keep) release(buffer);
}

/** Returns a buffer that `giveBack` kept. */
export function release(buffer: Uint8Array): void {
  if (free.length >= most) return;
  free.push(buffer.length < size ? new Uint8Array(buffer.buffer) : buffer);
}
