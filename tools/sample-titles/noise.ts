/** Hashes integers to a number from 0 to 1, reproducibly on every machine. */
export function hash(x: number, y = 0, z = 0): number {
  let h =
    Math.imul(x, 0x27d4eb2d) ^
    Math.imul(y, 0x165667b1) ^
    Math.imul(z, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}

/** Seeded random numbers from 0 to 1. */
export function random(seed: number): () => number {
  let count = 0;
  return () => hash(count++, seed, 7919);
}

const fade = (t: number) => t * t * t * (t * (t * 6 - 15) + 10);

/** Two-dimensional value noise from 0 to 1, with features of size 1. */
export function noise(x: number, y = 0): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const u = fade(x - left);
  const v = fade(y - top);
  const a = hash(left, top);
  const b = hash(left + 1, top);
  const c = hash(left, top + 1);
  const d = hash(left + 1, top + 1);
  return a + (b - a) * u + (c - a) * v + (a - b - c + d) * u * v;
}

/** Three-dimensional value noise; the third dimension is usually time. */
export function noise3(x: number, y: number, z: number): number {
  const layer = Math.floor(z);
  const w = fade(z - layer);
  const from = noise(x + layer * 37.7, y + layer * 91.3);
  const to = noise(x + (layer + 1) * 37.7, y + (layer + 1) * 91.3);
  return from + (to - from) * w;
}

/** Fractal noise from 0 to 1: `octaves` layers, each with half the size and amplitude of the one before. */
export function fractal(x: number, y: number, octaves: number): number {
  let sum = 0;
  let strength = 0.5;
  for (let octave = 0; octave < octaves; octave++) {
    sum += noise(x, y) * strength;
    [x, y] = [x * 1.62 + y * 1.18 + 17.3, y * 1.62 - x * 1.18 + 5.1];
    strength /= 2;
  }
  return sum / (1 - 0.5 ** octaves);
}

/** Ridged fractal noise from 0 to 1, for mountains. */
export function ridged(x: number, y: number, octaves: number): number {
  let sum = 0;
  let strength = 0.5;
  let weight = 1;
  for (let octave = 0; octave < octaves; octave++) {
    const crest = 1 - Math.abs(2 * noise(x, y) - 1);
    sum += crest * crest * strength * weight;
    weight = Math.min(1, crest * 1.4);
    [x, y] = [x * 1.62 + y * 1.18 + 17.3, y * 1.62 - x * 1.18 + 5.1];
    strength /= 2;
  }
  return sum;
}

export const mix = (a: number, b: number, t: number) => a + (b - a) * t;

export const clamp = (x: number, low = 0, high = 1) =>
  x < low ? low : x > high ? high : x;

/** Smoothstep: 0 at `from`, 1 at `to`. */
export function smooth(from: number, to: number, x: number): number {
  const t = clamp((x - from) / (to - from));
  return t * t * (3 - 2 * t);
}
