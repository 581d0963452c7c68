// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { type Canvas, height, width } from "./canvas.ts";
import { noise3 } from "./noise.ts";

/**
 * Reflects the picture above a row in still water below it; the reflection is smeared, and dimmer towards the viewer.
 * @param shore first row of the water
 * @param stretch reflected rows per row of water
 * @param smear 1 for a calm lake, more for long streaks of light
 */
export function mirror(
  canvas: Canvas,
  time: number,
  { shore, stretch, smear }: { shore: number; stretch: number; smear: number },
): void {
  for (let y = shore; y < height; y++) {
    const depth = y - shore;
    const near = depth / (height - shore);
    const far = 1 / (0.06 + near * 0.9);
    const dim = 0.64 - 0.32 * near;
    let swell = 0;
    let ripple = 0;
    for (let x = 0; x < width; x++) {
      if (x % 2 === 0) {
        const across = (x - width / 2) * far;
        swell = noise3(across / 95, far * 9, time * 0.24) - 0.5;
        ripple = noise3(across / 34, far * 24, time * 0.3) - 0.5;
      }
      const from =
        shore - 2 - depth * stretch + (swell * 26 + ripple * 9) * near * smear;
      const aside = x + ripple * 5 * near;
      for (let c = 0; c < 3; c++) {
        const seen =
          canvas.sample(aside, Math.min(from, shore - 1), c) +
          canvas.sample(aside, from - (3 + 10 * near) * smear, c) +
          canvas.sample(aside, from - (6 + 22 * near) * smear, c);
        canvas.data[(y * width + x) * 3 + c] =
          (seen / 3) * dim + 0.002 + 0.002 * c;
      }
    }
  }
}
