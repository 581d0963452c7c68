import { Canvas, type Light, width } from "./canvas.ts";
import { noise, random } from "./noise.ts";

/**
 * Paints a night sky: few bright stars, many faint ones, denser along a band.
 * @param rows height of the sky in rows from the top
 */
export function starfield(count: number, rows: number, seed: number): Canvas {
  const sky = new Canvas();
  const next = random(seed);
  for (let star = 0; star < count; star++) {
    const x = next() * width;
    const y = next() * rows;
    const bright = 0.02 + 0.55 * next() ** 7;
    const warm = next();
    const light: Light = [0.75 + warm * 0.35, 0.85, 1.15 - warm * 0.4];
    if (noise(x / 160 + seed, y / 160) + next() * 0.6 < 0.55) continue;
    sky.glow(x, y, 0.75 + bright * 0.9, light, bright * 1.6);
    if (bright > 0.3) sky.glow(x, y, 5, light, bright * 0.05);
  }
  return sky;
}
