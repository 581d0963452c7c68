// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { Canvas, type Light, width } from "../canvas.ts";
import { mix, noise, random, smooth } from "../noise.ts";

/** First row of the river. */
export const shore = 500;
/** Width of the sprites: the picture's, plus the distance that passes during a film. */
export const long = width + 420;

const lamps: Light[] = [
  [1, 0.62, 0.26],
  [1, 0.74, 0.42],
  [1, 0.5, 0.2],
  [0.62, 0.8, 1],
  [1, 0.86, 0.66],
];

export interface Skyline {
  picture: Canvas;
  cover: Float32Array;
  /** Pixels per second. */
  speed: number;
  beacons: { x: number; y: number; beat: number }[];
}

/** A row of towers: nearer ones are darker, wider, and have more detailed windows. */
export function skyline(near: number, seed: number): Skyline {
  const picture = new Canvas(long, shore);
  const windows = new Canvas(long, shore);
  const cover = new Float32Array(long * shore);
  const beacons: Skyline["beacons"] = [];
  const next = random(seed);
  const depth = near ** 0.5;
  const wall: Light = [
    mix(0.2, 0.004, depth),
    mix(0.07, 0.005, depth),
    mix(0.17, 0.018, depth),
  ];
  const mist: Light = [
    mix(0.62, 0.02, depth),
    mix(0.2, 0.01, depth),
    mix(0.22, 0.035, depth),
  ];

  const block = (left: number, right: number, top: number) => {
    for (let y = Math.max(0, Math.round(top)); y < shore; y++) {
      const haze = smooth(shore - 250, shore, y) * 0.6;
      for (
        let x = Math.max(0, Math.round(left));
        x < Math.min(long, right);
        x++
      ) {
        const side = 1.35 - 0.5 * smooth(left, right, x);
        cover[y * long + x] = 1;
        picture.cover(
          x,
          y,
          [
            wall[0] * side + haze * mist[0],
            wall[1] * side + haze * mist[1],
            wall[2] * side + haze * mist[2],
          ],
          1,
        );
      }
    }
  };
  const crown = (left: number, wide: number, top: number, tall: number) => {
    const kind = next();
    if (kind < 0.34)
      for (let step = 1; step < 4; step++)
        block(
          left + wide * 0.11 * step,
          left + wide * (1 - 0.11 * step),
          top - step * mix(9, 15, near),
        );
    else if (kind < 0.5)
      for (let x = 0; x < wide; x++)
        block(left + x, left + x + 1, top - x * 0.5);
    else if (kind < 0.62)
      for (let x = 0; x < wide; x++)
        block(
          left + x,
          left + x + 1,
          top - 1.9 * Math.min(x, wide - x) ** 0.92,
        );
    else if (kind < 0.8)
      block(left + wide * 0.56, left + wide * 0.86, top - 13);
    if (tall > 235 && kind < 0.8) {
      const mast = Math.round(left + wide / 2);
      const tip =
        top - (kind < 0.62 && kind > 0.5 ? wide * 0.8 : 46) - 40 * next();
      block(mast - 1, mast + 1, tip);
      if (tall > 300) beacons.push({ x: mast, y: tip, beat: next() });
    }
    if (kind > 0.86)
      for (let x = 3; x < wide - 3; x++)
        for (let y = 3; y < 6; y++)
          windows.add(
            left + x,
            Math.round(top) + y,
            kind > 0.93 ? [0.2, 0.9, 1] : [1, 0.25, 0.5],
            mix(0.3, 0.9, near),
          );
  };

  const pane = Math.round(mix(2, 4, near));
  for (let x = -30; x < long; ) {
    const wide = Math.round(mix(26, 66, near) * (0.65 + 0.85 * next() ** 1.4));
    const place = noise(x / mix(170, 300, near) + near * 5, seed);
    const tall =
      mix(130, 84, near) +
      mix(300, 210, near) * place ** 1.7 * (0.4 + 0.8 * next());
    const top = Math.round(shore - tall);
    block(x, x + wide, top);
    crown(x, wide, top, tall);
    const busy = 0.1 + 0.4 * next() ** 1.5;
    const gapX = next() < 0.5 ? 3 : 6;
    const gapY = next() < 0.5 ? 4 : 7;
    for (let row = 0; row * (pane + gapY) < tall - 30; row++) {
      const full = next() < 0.09;
      for (let column = 0; column * (pane + gapX) < wide - 11; column++) {
        const dark = next() > (full ? 0.9 : busy);
        const lamp = lamps[Math.floor(next() ** 2 * lamps.length)]!;
        const strength = mix(0.3, 1.15, near) * (0.14 + 1.1 * next() ** 2.4);
        if (dark) continue;
        for (let y = 0; y <= pane; y++)
          for (let w = 0; w < pane; w++)
            windows.add(
              x + 6 + column * (pane + gapX) + w,
              top + 10 + row * (pane + gapY) + y,
              lamp,
              strength,
            );
      }
    }
    x += wide + Math.round(mix(1, 34, near) * next() ** 2);
  }
  for (let i = 0; i < windows.data.length; i++)
    picture.data[i]! += windows.data[i]!;
  windows.blur(4, 3);
  for (let i = 0; i < windows.data.length; i++)
    picture.data[i]! += windows.data[i]! * 0.75;
  return { picture, cover, speed: mix(0.6, 3, near), beacons };
}
