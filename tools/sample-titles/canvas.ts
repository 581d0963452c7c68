// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { clamp, hash } from "./noise.ts";

/** Red, green and blue in linear light; 1 is white, and more is brighter still. */
export type Light = readonly [number, number, number];

export const width = 1280;
export const height = 720;

/** A picture in linear light with three floats per pixel, row by row. */
export class Canvas {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;

  constructor(columns = width, rows = height) {
    this.width = columns;
    this.height = rows;
    this.data = new Float32Array(columns * rows * 3);
  }

  /** Adds light to a pixel; pixels outside of the picture are ignored. */
  add(x: number, y: number, light: Light, strength: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y * this.width + x) * 3;
    for (let c = 0; c < 3; c++) this.data[at + c]! += light[c]! * strength;
  }

  /** Blends a pixel with light; `cover` is the opacity. */
  cover(x: number, y: number, light: Light, cover: number): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = (y * this.width + x) * 3;
    for (let c = 0; c < 3; c++)
      this.data[at + c]! += (light[c]! - this.data[at + c]!) * cover;
  }

  /** Adds a soft round glow that fades out at about three times `radius` pixels. */
  glow(x: number, y: number, radius: number, light: Light, strength = 1): void {
    const reach = Math.ceil(radius * 3);
    const top = Math.max(0, Math.floor(y - reach));
    const bottom = Math.min(this.height - 1, Math.ceil(y + reach));
    const left = Math.max(0, Math.floor(x - reach));
    const right = Math.min(this.width - 1, Math.ceil(x + reach));
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const far = ((column - x) ** 2 + (row - y) ** 2) / (radius * radius);
        if (far < 9)
          this.add(
            column,
            row,
            light,
            strength * (Math.exp(-far * 1.4) - 3.4e-6),
          );
      }
  }

  /** Bilinear sample of channel `c`, clamped to the edges. */
  sample(x: number, y: number, c: number): number {
    if (x < 0) x = 0;
    else if (x > this.width - 1.001) x = this.width - 1.001;
    if (y < 0) y = 0;
    else if (y > this.height - 1.001) y = this.height - 1.001;
    const left = x | 0;
    const top = y | 0;
    const u = x - left;
    const at = (top * this.width + left) * 3 + c;
    const below = at + this.width * 3;
    const { data } = this;
    const upper = data[at]! + (data[at + 3]! - data[at]!) * u;
    const lower = data[below]! + (data[below + 3]! - data[below]!) * u;
    return upper + (lower - upper) * (y - top);
  }

  /** Box blur over `radius` pixels to both sides; repeated three times, it approximates a Gaussian. */
  blur(radius: number, times = 1): void {
    const line = new Float32Array(Math.max(this.width, this.height));
    const pass = (start: number, step: number, count: number) => {
      let sum = 0;
      const value = (i: number) =>
        this.data[start + clamp(i, 0, count - 1) * step]!;
      for (let i = -radius; i <= radius; i++) sum += value(i);
      for (let i = 0; i < count; i++) {
        line[i] = sum / (2 * radius + 1);
        sum += value(i + radius + 1) - value(i - radius);
      }
      for (let i = 0; i < count; i++) this.data[start + i * step] = line[i]!;
    };
    for (let time = 0; time < times; time++)
      for (let c = 0; c < 3; c++) {
        for (let y = 0; y < this.height; y++)
          pass(y * this.width * 3 + c, 3, this.width);
        for (let x = 0; x < this.width; x++)
          pass(x * 3 + c, this.width * 3, this.height);
      }
  }
}

/** A filmic tone curve. The table is indexed by the square root, which approximates perceived brightness. */
const response = Float32Array.from({ length: 8192 }, (_, i) => {
  const light = (i / 2048) ** 2;
  return 255 * (1 - Math.exp(-light)) ** (1 / 2.2);
});

const grain = Float32Array.from(
  { length: width * height },
  (_, i) => hash(i % width, (i / width) | 0, 3) + hash(i, 1, 5) - 0.5,
);

const vignette = Float32Array.from({ length: width * height }, (_, i) => {
  const x = (i % width) / width - 0.5;
  const y = Math.floor(i / width) / height - 0.5;
  return 1 - 0.75 * clamp((x * x + y * y * 0.8) * 1.9) ** 1.5;
});

/**
 * Develops linear light to 8-bit RGB with vignette and grain. The grain prevents banding in gradients, and is static,
 * so that it costs few bits.
 * @param exposure 1 as painted, 0 black
 */
export function develop({ data }: Canvas, exposure: number): Buffer {
  const bytes = Buffer.allocUnsafe(width * height * 3);
  for (let pixel = 0, at = 0; pixel < width * height; pixel++) {
    const gain = vignette[pixel]! * exposure;
    const dither = grain[pixel]!;
    for (let c = 0; c < 3; c++, at++) {
      const light = Math.sqrt(data[at]! * gain) * 2048;
      bytes[at] = clamp(response[Math.min(light, 8191) | 0]! + dither, 0, 255);
    }
  }
  return bytes;
}
