// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { Canvas, height, type Light, width } from "../canvas.ts";
import { forest } from "../forest.ts";
import { clamp, fractal, mix, noise, noise3, smooth } from "../noise.ts";
import { starfield } from "../stars.ts";
import { range } from "../terrain.ts";
import { mirror } from "../water.ts";

/** First row of the water at the far shore. */
const shore = 512;
const green: Light = [0.1, 1, 0.42];
const teal: Light = [0.06, 0.62, 0.72];
const violet: Light = [0.85, 0.2, 1];

interface Curtain {
  /** Lower edge, in rows of the half-size sky. */
  hem: number;
  /** Length of its rays. */
  length: number;
  strength: number;
  seed: number;
}

const curtains: Curtain[] = [
  { hem: 190, length: 62, strength: 0.5, seed: 3 },
  { hem: 172, length: 105, strength: 1, seed: 11 },
  { hem: 110, length: 120, strength: 0.55, seed: 29 },
];

/** Brightness and colour along a ray from its lower edge upwards: a quick rise, a long fall, green to violet. */
const profile = Array.from({ length: 400 }, (_, i): Light => {
  const up = i / 100 - 0.12;
  const strength =
    up < 0
      ? smooth(-0.12, 0, up) ** 2
      : Math.exp(-up * 2.1) * smooth(3.8, 2, up);
  const high = smooth(0.15, 0.75, up);
  const higher = smooth(0.5, 1.3, up);
  return [0, 1, 2].map(
    (c) =>
      strength * mix(mix(green[c]!, teal[c]!, high * 0.7), violet[c]!, higher),
  ) as unknown as Light;
});

/** Paints a folded curtain. Folds overlap, which makes them brighter, as in real auroras. */
function hang(sky: Canvas, curtain: Curtain, time: number): void {
  const { seed } = curtain;
  const points = 1500;
  for (let point = 0; point < points; point++) {
    const u = (point / points) * 9;
    const fold = noise3(u * 0.9 + seed, 1.5, time * 0.045) - 0.5;
    const pleat = noise3(u * 3.1 + seed, 7.5, time * 0.07) - 0.5;
    const x = (u / 9) * 860 - 110 + fold * 250 + pleat * 46;
    if (x < -40 || x > 680) continue;
    const lift = noise3(u * 0.55 + seed, 3.5, time * 0.05) - 0.5;
    const hem =
      curtain.hem + lift * 95 + pleat * 16 - ((x - 320) / 320) ** 2 * -14;
    const ray = noise3(u * 13 + seed + time * 0.07, 4.5, time * 0.13);
    const veil = smooth(0.2, 0.7, noise3(u * 0.7 + seed, 9.5, time * 0.07));
    const strength = curtain.strength * veil * (0.3 + 0.7 * ray * ray) * 0.26;
    if (strength < 0.0005) continue;
    const long =
      curtain.length * (0.55 + 0.6 * ray + 0.5 * (noise(u * 1.7 + seed) - 0.5));
    const lean = (x - 320) * 0.0011;
    const top = Math.max(0, Math.floor(hem - long * 3.6));
    const bottom = Math.min(sky.height - 1, hem + long * 0.12);
    for (let row = top; row <= bottom; row++) {
      const up = (hem - row) / long;
      const light = profile[Math.floor((up + 0.12) * 100)];
      if (!light) continue;
      const across = x + (hem - row) * lean;
      const column = Math.floor(across);
      const right = across - column;
      sky.add(column, row, light, strength * (1 - right));
      sky.add(column + 1, row, light, strength * right);
    }
  }
}

/** An aurora over mountains, reflected in a lake. */
export function northernLights() {
  const stars = starfield(1100, shore, 5);
  const mountains = range();
  const trees = forest();
  const still = new Canvas();
  const sky = new Canvas(width / 2, shore / 2);
  const glow = new Canvas(width / 16, shore / 16);

  for (let y = 0; y < shore; y++) {
    const low = (y / shore) ** 1.8;
    for (let x = 0; x < width; x++) {
      const haze = 0.75 + 0.5 * fractal(x / 420, y / 160, 3);
      still.add(x, y, [0.003, 0.007, 0.022], 1);
      still.add(x, y, [0.02, 0.05, 0.075], low * haze);
    }
  }

  return (canvas: Canvas, time: number) => {
    const { data } = canvas;
    sky.data.fill(0);
    for (const curtain of curtains) hang(sky, curtain, time + 20);
    sky.blur(1);
    for (let y = 0; y < glow.height; y++)
      for (let x = 0; x < glow.width; x++)
        for (let c = 0; c < 3; c++)
          glow.data[(y * glow.width + x) * 3 + c] = sky.sample(
            x * 8 + 3.5,
            y * 8 + 3.5,
            c,
          );
    glow.blur(4, 3);
    for (let y = 0; y < sky.height; y++)
      for (let x = 0; x < sky.width; x++)
        for (let c = 0; c < 3; c++)
          sky.data[(y * sky.width + x) * 3 + c]! +=
            glow.sample(x / 8, y / 8, c) * 0.45;

    for (let y = 0; y < shore; y++)
      for (let x = 0; x < width; x++) {
        const pixel = y * width + x;
        const land = mountains.cover[pixel]!;
        for (let c = 0; c < 3; c++) {
          const at = pixel * 3 + c;
          let light = still.data[at]!;
          if (land < 1) {
            const aurora = sky.sample(x / 2, y / 2, c);
            light += aurora + stars.data[at]! / (1 + aurora * 4);
          }
          if (land > 0) {
            const air = still.data[at]! + glow.sample(x / 16, y / 16, c) * 0.45;
            const lit = 0.03 + 0.02 * c + glow.sample(x / 16, 10, c) * 0.9;
            const stone = mountains.shade[pixel]! * lit;
            const haze = mountains.air[pixel]!;
            light += (stone + (air - stone) * haze - light) * land;
          }
          data[at] = light;
        }
      }
    mirror(canvas, time, { shore, stretch: 1.35, smear: 1 });
    for (let y = shore - 3; y < shore + 5; y++) {
      const line = 1 - Math.abs(y - shore - 0.5) / 5;
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++)
          data[(y * width + x) * 3 + c]! *= 1 - 0.55 * clamp(line);
    }

    for (let pixel = 0; pixel < width * height; pixel++) {
      const cover = trees[pixel]!;
      if (cover > 0)
        for (let c = 0; c < 3; c++)
          data[pixel * 3 + c]! +=
            (0.0004 + 0.0004 * c - data[pixel * 3 + c]!) * cover;
    }
  };
}
