/** Bytes of a buffer. */
const size = 64 * 1024;

/** Buffers that those who have one already may have beyond it, all together; and that are kept for the next: 8 MiB. */
const most = 128;

/**
 * Buffers that were used and are free: new memory costs the system as much as filling it does, and used memory is in the
 * processor's cache still. The last that was given back is the first that is taken.
 */
const free: Uint8Array[] = [];

/** Of those in use, how many are not their user's first. */
let beyond = 0;

/**
 * Buffers for `bytes`: one, and where there are enough for all who want some, up to `atMost`. The last is as long as what is
 * left. Each has memory of its own, so that one that a slow client holds holds nothing else.
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

/** Gives back what was taken, but perhaps one that is in use still: that is `keep`, as a user's first. */
export function giveBack(
  buffers: readonly Uint8Array[],
  keep?: Uint8Array,
): void {
  beyond -= buffers.length - 1;
  for (const buffer of buffers) if (buffer !== keep) release(buffer);
}

/** Frees a buffer that was kept. */
export function release(buffer: Uint8Array): void {
  if (free.length >= most) return;
  free.push(buffer.length < size ? new Uint8Array(buffer.buffer) : buffer);
}
