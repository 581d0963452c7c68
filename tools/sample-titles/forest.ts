// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { height, width } from "./canvas.ts";
import { clamp, noise, random } from "./noise.ts";

/** Half width of a conifer's drooping boughs at `down` (0 to 1) below its tip, relative to its height. */
function bough(down: number, seed: number): number {
  const step = (down * 13 + noise(down * 6, seed)) % 1;
  return down ** 0.85 * (0.06 + 0.1 * step ** 1.4) + 0.004;
}

/** Conifers on dark banks to the left and right, as the coverage of each pixel. */
export function forest(): Float32Array {
  const cover = new Float32Array(width * height);
  const next = random(41);
  const bank = (x: number) => {
    const left = Math.max(0, 1 - x / 470);
    const right = Math.max(0, 1 - (width - x) / 330);
    return (
      height + 14 - 92 * left ** 1.5 - 70 * right ** 1.5 + 5 * noise(x / 24)
    );
  };
  const put = (x: number, y: number, amount: number) => {
    if (x < 0 || y < 0 || x >= width || y >= height) return;
    const at = y * width + x;
    cover[at] = Math.max(cover[at]!, clamp(amount));
  };
  for (let tree = 0; tree < 74; tree++) {
    const left = next() < 0.6;
    const out = next() ** 1.3;
    const x = left ? out * 430 - 20 : width + 20 - out * 300;
    const tall =
      (left ? 90 + 210 * (1 - out) : 60 + 160 * (1 - out)) *
      (0.55 + 0.6 * next());
    const foot = bank(clamp(x, 0, width)) + 10;
    for (let y = Math.floor(foot - tall); y < foot; y++) {
      const down = (y - foot + tall) / tall;
      if (down < 0) continue;
      const left = tall * bough(down, tree);
      const right = tall * bough(down, tree + 100);
      for (
        let column = Math.floor(x - left - 1);
        column <= x + right + 1;
        column++
      )
        put(
          column,
          y,
          column < x ? left - (x - column) + 0.5 : right - (column - x) + 0.5,
        );
    }
  }
  for (let x = 0; x < width; x++)
    for (let y = Math.floor(bank(x)); y < height; y++)
      put(x, y, y + 1 - bank(x));
  return cover;
}
