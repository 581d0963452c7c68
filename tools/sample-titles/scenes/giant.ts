// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { Canvas, type Light } from "../canvas.ts";
import { fractal, mix, noise, smooth } from "../noise.ts";

const cream: Light = [0.95, 0.72, 0.46];
const rust: Light = [0.5, 0.17, 0.075];
const slate: Light = [0.2, 0.28, 0.36];

/** The cloud texture of a gas giant: belts with turbulent edges. */
export function clouds(): Canvas {
  const map = new Canvas(2048, 1024);
  for (let y = 0; y < 1024; y++)
    for (let x = 0; x < 2048; x++) {
      const angle = (x / 2048) * 2 * Math.PI;
      const u = Math.cos(angle) * 4;
      const v = Math.sin(angle) * 4;
      const eddy = fractal(u + y / 60, v + y / 95, 5) - 0.5;
      const latitude = y / 1024 + eddy * 0.035;
      const belt =
        noise(latitude * 17, 3) * 0.65 + noise(latitude * 47, 8) * 0.35;
      const fray =
        0.85 + 0.35 * (fractal(u * 2 + 40, latitude * 70 + v, 4) - 0.5);
      const cold = smooth(0.28, 0.06, Math.min(latitude, 1 - latitude));
      const spot = Math.exp(
        -(((x - 900) / 92) ** 2 + ((y - 645) / 40) ** 2) * 1.6,
      );
      for (let c = 0; c < 3; c++) {
        const base = mix(rust[c]!, cream[c]!, smooth(0.25, 0.72, belt));
        const light = mix(
          mix(base, slate[c]!, cold * 0.8),
          [0.75, 0.2, 0.09][c]!,
          spot * 0.85,
        );
        map.data[(y * 2048 + x) * 3 + c] = light * fray;
      }
    }
  return map;
}

/** Density of the ring at a distance in planet radii. */
function ringAt(far: number): number {
  if (far < 1.28 || far > 2.3) return 0;
  const grooves =
    0.55 + 0.45 * noise(far * 26, 5) * (0.6 + 0.8 * noise(far * 90, 6));
  const gap = 1 - 0.92 * smooth(0.045, 0.02, Math.abs(far - 1.93));
  return grooves * gap * smooth(1.28, 1.5, far) * smooth(2.3, 2.24, far) * 0.85;
}

/** Lookup table of the ring's density, with 500 steps per radius. */
export const dense = Float32Array.from({ length: 1300 }, (_, i) =>
  ringAt(i / 500),
);
/** Lookup table of the ring's colour temperature, with the same steps. */
export const hue = Float32Array.from({ length: 1300 }, (_, i) =>
  noise(i / 71, 2),
);
