// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { Canvas, type Light, width } from "../canvas.ts";
import { clamp, fractal, mix, smooth } from "../noise.ts";
import { mirror } from "../water.ts";
import { long, shore, skyline } from "./skyline.ts";

/** A lit train on a low bridge. */
function crossing(canvas: Canvas, time: number): void {
  const deck = shore - 44;
  const steel: Light = [0.007, 0.006, 0.016];
  for (let x = 0; x < width; x++) {
    const along = (x + time * 3.6) % 196;
    const arch = 33 * Math.sqrt(Math.max(0, 1 - ((along - 98) / 90) ** 2));
    for (let y = deck; y < shore; y++)
      canvas.cover(
        x,
        y,
        steel,
        clamp(shore - arch - y) * (y < deck + 9 ? 1 : 0.96),
      );
  }
  const head = -60 + (time - 4) * 92;
  for (let car = 0; car < 5; car++) {
    const left = head - car * 118;
    for (
      let x = Math.max(0, Math.floor(left - 112));
      x < Math.min(width, left + 1);
      x++
    ) {
      const at = left - x;
      const edge = clamp(at) * clamp(112 - at);
      for (let y = deck - 23; y < deck; y++) {
        const glass =
          smooth(4, 5, at % 16) *
          smooth(15.5, 14.5, at % 16) *
          (y > deck - 18 && y < deck - 8 ? 1 : 0);
        canvas.cover(
          x,
          y,
          [0.02 + glass * 1.15, 0.02 + glass * 0.82, 0.035 + glass * 0.42],
          edge,
        );
      }
    }
  }
  canvas.glow(head + 2, deck - 8, 12, [1, 0.9, 0.7], 0.6);
  canvas.glow(head - 590, deck - 8, 5, [1, 0.08, 0.05], 0.5);
}

/** Towers at dusk over a river that reflects the sky. */
export function cityAfterRain() {
  const rows = [0, 0.3, 0.62, 1].map((near, i) => skyline(near, 61 + i * 13));
  const still = new Canvas(long, shore);
  const low: Light = [1.5, 0.5, 0.2];
  const middle: Light = [0.28, 0.07, 0.24];
  const high: Light = [0.012, 0.02, 0.085];
  for (let y = 0; y < shore; y++)
    for (let x = 0; x < long; x++) {
      const down = y / shore;
      const sun = Math.exp(-(((x - 620) / 560) ** 2));
      const cloud = smooth(0.42, 0.66, fractal(x / 260, y / 62 + x / 700, 6));
      for (let c = 0; c < 3; c++) {
        const sky = mix(
          mix(high[c]!, middle[c]!, smooth(0, 0.66, down)),
          low[c]!,
          smooth(0.38, 1, down) * (0.35 + 0.65 * sun),
        );
        const lit = mix(
          [0.03, 0.022, 0.06][c]!,
          [0.85, 0.26, 0.25][c]!,
          smooth(0.05, 0.8, down) * (0.3 + 0.7 * sun),
        );
        still.data[(y * long + x) * 3 + c] = mix(
          sky,
          lit,
          cloud * (0.85 - 0.5 * down),
        );
      }
    }

  return (canvas: Canvas, time: number) => {
    const { data } = canvas;
    for (let y = 0; y < shore; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++)
          data[(y * width + x) * 3 + c] =
            still.sample(x + time * 0.4, y, c) * 0.8;
    for (const { picture, cover, speed, beacons } of rows) {
      const moved = time * speed;
      const whole = Math.floor(moved);
      const part = moved - whole;
      for (let y = 40; y < shore; y++)
        for (let x = 0; x < width; x++) {
          const from = y * long + x + whole;
          const here = cover[from]! * (1 - part);
          const next = cover[from + 1]! * part;
          if (here + next === 0) continue;
          for (let c = 0; c < 3; c++) {
            const at = (y * width + x) * 3 + c;
            data[at] =
              data[at]! * (1 - here - next) +
              picture.data[from * 3 + c]! * here +
              picture.data[from * 3 + 3 + c]! * next;
          }
        }
      for (const { x, y, beat } of beacons) {
        const on = smooth(
          0.55,
          0.95,
          Math.sin((time / 2.6 + beat) * 2 * Math.PI),
        );
        canvas.glow(x - moved, y, 2, [1.4, 0.12, 0.1], on);
        canvas.glow(x - moved, y, 8, [1, 0.06, 0.08], on * 0.14);
      }
    }
    crossing(canvas, time);
    mirror(canvas, time, { shore, stretch: 1.5, smear: 1.7 });
    for (let x = 0; x < width; x++)
      for (let y = shore - 5; y < shore + 2; y++)
        canvas.cover(x, y, [0.006, 0.005, 0.014], clamp(y - shore + 6));
  };
}
