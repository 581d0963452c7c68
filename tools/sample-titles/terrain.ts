// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { height, width } from "./canvas.ts";
import { clamp, mix, noise, ridged, smooth } from "./noise.ts";

/** Rendered mountains: coverage, brightness and haze per pixel, each from 0 to 1. */
export interface Range {
  cover: Float32Array;
  shade: Float32Array;
  air: Float32Array;
}

const horizon = 512;
const focal = 1150;
const eye = 0.08;

/** Height of the land above the lake, with a valley near the middle. */
function land(x: number, z: number): number {
  const valley =
    0.3 + 0.7 * smooth(0.3, 4.2, Math.abs(x + 0.9 - (z - 8) * 0.12));
  const rise = smooth(4.6, 12, z);
  const crest = ridged(x * 0.23 + 4.7, z * 0.23 + 1.3, 7);
  return crest * valley * rise * 3.5 - 0.1 + smooth(4.5, 5.2, z) * 0.12;
}

/** Brightness of the land: snow on gentle slopes, light from the upper left. */
function shadeOf(x: number, z: number, high: number): number {
  const e = 0.012;
  const slopeX = (land(x + e, z) - land(x - e, z)) / (2 * e);
  const slopeZ = (land(x, z + e) - land(x, z - e)) / (2 * e);
  const up = 1 / Math.hypot(slopeX, slopeZ, 1);
  const facing = clamp((slopeX * 0.75 + slopeZ * -0.25 + 0.55) * up);
  const snow =
    smooth(0.34, 0.62, up + (noise(x * 9, z * 9) - 0.5) * 0.25) *
    smooth(0.15, 0.9, high + (noise(x * 3, z * 3) - 0.5) * 0.4);
  return mix(0.05, 0.85, snow) * mix(0.12, 1, facing);
}

/** Casts each column from near to far, painting what rises above nearer land; supersampled four times. */
export function range(): Range {
  const cover = new Float32Array(width * height);
  const shade = new Float32Array(width * height);
  const air = new Float32Array(width * height);
  const fine = 2;
  for (let column = 0; column < width * fine; column++) {
    const across = ((column + 0.5) / fine - width / 2) / focal;
    let lowest = horizon * fine;
    for (let z = 4.5; z < 24 && lowest > 0; z *= 1.0022) {
      const high = land(across * z, z);
      const top = Math.max(
        0,
        Math.round((horizon - ((high - eye) * focal) / z) * fine),
      );
      if (top >= lowest || high < 0) continue;
      const light = shadeOf(across * z, z, high) / (fine * fine);
      const haze =
        (smooth(4, 26, z) * mix(0.95, 0.6, clamp(high / 2.5))) / (fine * fine);
      for (let row = top; row < lowest; row++) {
        const pixel =
          Math.floor(row / fine) * width + Math.floor(column / fine);
        cover[pixel]! += 1 / (fine * fine);
        shade[pixel]! += light;
        air[pixel]! += haze;
      }
      lowest = top;
    }
  }
  for (let pixel = 0; pixel < width * height; pixel++)
    if (cover[pixel]! > 0) {
      shade[pixel]! /= cover[pixel]!;
      air[pixel]! /= cover[pixel]!;
    }
  return { cover, shade, air };
}
