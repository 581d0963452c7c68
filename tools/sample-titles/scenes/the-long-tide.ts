// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { type Canvas, height, type Light, width } from "../canvas.ts";
import { clamp, fractal, mix, noise, smooth } from "../noise.ts";
import { starfield } from "../stars.ts";

const horizon = 372;
const moonX = 800;
/** Columns of cloud: the picture's, and those that drift into it. */
const cloudsWide = width + 200;

const blend = (a: Light, b: Light, t: number): Light => [
  mix(a[0], b[0], t),
  mix(a[1], b[1], t),
  mix(a[2], b[2], t),
];

interface Wave {
  base: number;
  rise: number;
  length: number;
  speed: number;
  /** 0 at the horizon, 1 at the viewer. */
  near: number;
}

const waves: Wave[] = Array.from({ length: 11 }, (_, i) => {
  const near = i / 10;
  return {
    near,
    base: horizon + 4 + 330 * near ** 1.75,
    rise: 1.2 + 27 * near ** 1.3,
    length: 60 + 460 * near ** 1.2,
    speed: (i % 2 ? -1 : 1) * (0.16 + 0.1 * near) + 0.12,
  };
});

/** Row of a wave's crest in column `x`. */
function crest(wave: Wave, x: number, time: number): number {
  const turn = (x / wave.length) * 2 * Math.PI;
  const t = time * wave.speed * 1.25;
  const heave = Math.sin(time * 0.42 + wave.near * 5) * wave.rise * 0.3;
  return (
    wave.base +
    heave -
    wave.rise *
      (0.62 * Math.sin(turn + t * 1.5 + wave.near * 31) +
        0.3 * Math.sin(turn * 0.47 - t + wave.near * 17) +
        0.16 * Math.sin(turn * 2.3 + t * 2.1 + wave.near * 53))
  );
}

/** A sail that rides on the far side of a wave. */
function sail(canvas: Canvas, x: number, y: number, lean: number): void {
  const dark: Light = [0.006, 0.006, 0.02];
  const tall = 74;
  for (let row = 0; row < tall; row++)
    for (let column = -34; column < 36; column++) {
      const down = row / tall;
      const main = column > 1 && column < 1 + 33 * down ** 1.15 && down < 0.93;
      const jib = column < -1 && column > -1 - 26 * (down - 0.12) && down < 0.9;
      const mast = Math.abs(column) < 1;
      if (main || jib || mast) {
        const at = x + column + lean * (tall - row);
        const left = Math.floor(at);
        const cloth = mast ? dark : blend(dark, [0.5, 0.3, 0.3], 0.5);
        canvas.cover(left, Math.round(y - tall + row), cloth, 1 - (at - left));
        canvas.cover(left + 1, Math.round(y - tall + row), cloth, at - left);
      }
    }
  for (let row = 0; row < 10; row++)
    for (let column = -31 + row; column < 36 - row * 1.6; column++)
      canvas.cover(Math.round(x + column), Math.round(y + row), dark, 1);
  canvas.glow(x - 20, y - 5, 2.6, [1.6, 0.9, 0.3], 1);
  canvas.glow(x - 20, y - 5, 13, [1, 0.5, 0.15], 0.16);
}

/** A headland with a lighthouse and its rotating beam. */
function headland(canvas: Canvas, time: number): void {
  const lampX = 150;
  const lampY = 276;
  const turn = time * 0.75 + 2.2;
  const reach = Math.cos(turn);
  const facing = Math.max(0, Math.sin(turn)) ** 6;
  for (let y = lampY - 70; y < lampY + 70; y++)
    for (let x = 0; x < 760; x++) {
      const along = (x - lampX) * Math.sign(reach);
      const far = Math.abs(reach) * 520;
      if (along <= 0 || along > far) continue;
      const spread = 1.5 + along * 0.06;
      const off = (y - lampY - along * 0.015) / spread;
      const light = Math.exp(-off * off) * (1 - along / far) ** 1.6;
      canvas.add(x, y, [1, 0.78, 0.5], light * 0.16 * Math.abs(reach) ** 0.5);
    }
  const rock: Light = [0.02, 0.015, 0.042];
  for (let x = 0; x < 400; x++) {
    const slope = smooth(392, 120, x);
    const top =
      horizon + 8 - 62 * slope ** 1.3 - 14 * slope * fractal(x / 34, 3, 4);
    for (let y = Math.floor(top); y < horizon + 12; y++)
      canvas.cover(x, y, rock, clamp(y + 1 - top));
  }
  for (let y = lampY - 3; y < horizon - 40; y++) {
    const half = 4.4 + (y - lampY) * 0.05;
    for (let x = lampX - 9; x <= lampX + 9; x++)
      canvas.cover(
        x,
        y,
        blend(rock, [0.1, 0.07, 0.1], clamp((x - lampX) / 8)),
        clamp(half - Math.abs(x - lampX) + 0.5),
      );
  }
  for (let y = lampY - 14; y < lampY - 5; y++)
    for (let x = lampX - 6; x <= lampX + 6; x++)
      canvas.cover(
        x,
        y,
        rock,
        clamp((y - lampY + 15) * 0.7 - Math.abs(x - lampX)),
      );
  canvas.glow(lampX, lampY - 4, 3.2, [1.6, 1.1, 0.6], 1.1);
  canvas.glow(
    lampX,
    lampY - 4,
    14 + 26 * facing,
    [1, 0.7, 0.4],
    0.2 + 0.7 * facing,
  );
}

/** Moonrise over the sea, with moving waves. */
export function theLongTide() {
  const stars = starfield(520, 330, 23);
  const clouds = new Float32Array(cloudsWide * horizon);
  for (let y = 0; y < horizon; y++)
    for (let x = 0; x < cloudsWide; x++) {
      const low = smooth(60, 300, y) * smooth(horizon + 30, 300, y);
      const bank = fractal(x / 330, y / 34 + 0.3 * noise(x / 200, 4), 5);
      clouds[y * cloudsWide + x] =
        smooth(0.47, 0.72, bank) * (0.25 + 0.75 * low);
    }

  return (canvas: Canvas, time: number) => {
    const { data } = canvas;
    const up = smooth(-6, 34, time);
    const moonY = mix(400, 150, up);
    const warm = 1 - smooth(0.1, 0.95, up);
    const moon = blend([1.6, 1.45, 1.2], [1.6, 0.62, 0.24], warm);
    const halo = blend([0.62, 0.46, 0.42], [0.95, 0.27, 0.13], warm);
    for (let y = 0; y < horizon + 20; y++) {
      const low = clamp(y / horizon);
      const sky = blend([0.006, 0.008, 0.045], [0.27, 0.082, 0.12], low ** 2.4);
      const [row, down] = [Math.min(y, horizon - 1) * cloudsWide, y - moonY];
      for (let x = 0; x < width; x++) {
        const across = x - moonX;
        const far = Math.sqrt(across * across + down * down * 1.5);
        const glow = 0.42 * Math.exp(far / -110) + 0.2 * Math.exp(far / -400);
        const disc = clamp(64.5 - Math.sqrt(across * across + down * down));
        const drift = x + time * 2.4;
        const column = Math.floor(drift);
        const cloud =
          mix(
            clouds[row + column]!,
            clouds[row + column + 1]!,
            drift - column,
          ) *
          (0.8 - 0.5 * disc);
        const seas =
          disc > 0
            ? 1.5 *
                smooth(0.36, 0.66, fractal(across / 58 + 9, down / 58 + 4, 5)) +
              0.9
            : 0;
        for (let c = 0; c < 3; c++) {
          const pixel = (y * width + x) * 3 + c;
          const behind = sky[c]! + stars.data[pixel]! * (1 - low);
          const lit = mix(behind, moon[c]! * seas, disc) + halo[c]! * glow;
          const bank = sky[c]! * 0.55 + halo[c]! * glow * 1.7;
          data[pixel] = mix(lit, bank, cloud);
        }
      }
    }
    headland(canvas, time);
    const risen = smooth(-0.05, 0.22, up);
    for (const [i, wave] of waves.entries()) {
      const { near } = wave;
      if (i === 5) {
        const x = 700 - time * 5.5;
        const y = crest(wave, x, time) - 3;
        const lean =
          (crest(wave, x + 14, time) - crest(wave, x - 14, time)) / -60 - 0.06;
        sail(canvas, x, y, lean);
      }
      const body = blend(
        [0.1, 0.045, 0.115],
        [0.003, 0.006, 0.026],
        near ** 0.5,
      );
      const foot = blend(
        [0.05, 0.03, 0.085],
        [0.0004, 0.001, 0.006],
        near ** 0.45,
      );
      const deep = 24 + 120 * near;
      const [thin, thick] = [1.5 + 2 * near, 7 + 24 * near];
      for (let x = 0; x < width; x++) {
        const top = crest(wave, x, time);
        const slope = (crest(wave, x + 2, time) - top) / 2;
        const across = x - moonX;
        const path = Math.exp(-((across / (100 + 230 * near)) ** 2));
        const toward = clamp(
          0.62 - (slope * 2 * across) / (Math.abs(across) + 160),
        );
        const rim = (0.1 + 1.5 * path) * toward * (1 - 0.4 * near) * risen;
        // Everything further down is hidden by the next wave.
        const next = waves[i + 1];
        const last = next
          ? Math.min(height, next.base + next.rise * 1.6)
          : height;
        for (let y = Math.floor(top); y < last; y++) {
          const under = Math.max(0, y - top);
          const shine =
            rim *
            (0.9 * Math.exp(-under / thin) + 0.26 * Math.exp(-under / thick));
          const cover = clamp(y + 1 - top);
          const depth = Math.min(1, under / deep);
          for (let c = 0; c < 3; c++) {
            const at = (y * width + x) * 3 + c;
            const light =
              body[c]! + (foot[c]! - body[c]!) * depth + halo[c]! * shine;
            data[at]! += (light - data[at]!) * cover;
          }
        }
      }
    }
  };
}
