// biome-ignore-all lint/style/noNonNullAssertion: indexes are in range, and checks per pixel would take minutes
import { type Canvas, height, type Light, width } from "../canvas.ts";
import { clamp, fractal, mix, ridged, smooth } from "../noise.ts";
import { starfield } from "../stars.ts";
import { clouds, dense, hue } from "./giant.ts";

const planet = { x: 770, y: 392, radius: 206 };
/** View of the plane of ring and orbits. */
const tilt = { open: 0.27, turn: -0.3 };

interface Moon {
  /** In planet radii. */
  orbit: number;
  /** Seconds per revolution. */
  period: number;
  start: number;
  radius: number;
  light: Light;
}

const moons: Moon[] = [
  { orbit: 2.62, period: 34, start: 2.5, radius: 9, light: [1, 0.62, 0.3] },
  { orbit: 3.15, period: 52, start: 4.9, radius: 13, light: [0.35, 0.8, 1] },
  { orbit: 4.1, period: 78, start: 3.35, radius: 7, light: [1, 0.45, 0.7] },
];

/** Projects a point of the orbital plane; `depth` is positive in front of the planet. */
function place(orbit: number, angle: number) {
  const along = Math.cos(angle) * orbit * planet.radius;
  const depth = Math.sin(angle) * orbit * planet.radius;
  const down = depth * tilt.open;
  return {
    x: planet.x + along * Math.cos(tilt.turn) - down * Math.sin(tilt.turn),
    y: planet.y + along * Math.sin(tilt.turn) + down * Math.cos(tilt.turn),
    depth,
    along,
  };
}

/** A ringed gas giant with moons that draw their orbits. */
export function orbits() {
  const map = clouds();
  const behind = starfield(1500, height, 77);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const band = Math.exp(-(((y - 620 + x * 0.52) / 190) ** 2));
      const dust = fractal(x / 260, y / 260, 6);
      const dark = ridged(x / 300 + 8, y / 300, 5);
      const veil =
        band * smooth(0.3, 0.85, dust) * (1 - 0.6 * smooth(0.3, 0.7, dark));
      behind.add(x, y, [0.15, 0.05, 0.13], veil);
      behind.add(
        x,
        y,
        [0.008, 0.03, 0.07],
        smooth(0.4, 0.9, fractal(x / 380 + 9, y / 380, 4)) * 0.5,
      );
      behind.add(x, y, [0.0012, 0.002, 0.007], 1);
    }

  return (canvas: Canvas, time: number) => {
    const { data } = canvas;
    data.set(behind.data);
    const day = mix(-0.5, 0.85, smooth(-3, 30, time));
    const sun = [-Math.cos(day) * 0.94, -0.3, Math.sin(day)];
    const size = Math.hypot(...sun);
    const [sunX, sunY, sunZ] = sun.map((s) => s / size) as [
      number,
      number,
      number,
    ];

    const trails = (front: boolean) => {
      for (const moon of moons) {
        const angle = moon.start + (time / moon.period) * 2 * Math.PI;
        const points = Math.round(moon.orbit * 280);
        for (let back = points; back > 0; back--) {
          const past = (back / points) * 2.2;
          const { x, y, depth } = place(moon.orbit, angle - past);
          if (depth > 0 !== front) continue;
          const fresh = (1 - back / points) ** 2;
          canvas.glow(x, y, 0.9 + fresh * 0.7, moon.light, fresh * 0.34);
        }
        const { x, y, depth } = place(moon.orbit, angle);
        if (depth > 0 !== front) continue;
        canvas.glow(x, y, moon.radius * 3, moon.light, 0.09);
        for (let row = -moon.radius - 1; row <= moon.radius + 1; row++)
          for (
            let column = -moon.radius - 1;
            column <= moon.radius + 1;
            column++
          ) {
            const left = Math.round(x) + column;
            const top = Math.round(y) + row;
            const u = (left - x) / moon.radius;
            const v = (top - y) / moon.radius;
            const w = Math.sqrt(Math.max(0, 1 - u * u - v * v));
            const lit =
              clamp(u * sunX + v * sunY + w * Math.max(sunZ, 0.25)) * 1.1 +
              0.015;
            const light = moon.light.map(
              (l) => (0.3 + 0.55 * l) * lit,
            ) as unknown as Light;
            canvas.cover(
              left,
              top,
              light,
              clamp((1 - Math.hypot(u, v)) * moon.radius + 0.5),
            );
          }
      }
    };

    const ring = (front: boolean) => {
      const cos = Math.cos(-tilt.turn);
      const sin = Math.sin(-tilt.turn);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const u = (x - planet.x) / planet.radius;
          const v = (y - planet.y) / planet.radius;
          const along = u * cos - v * sin;
          const depth = (u * sin + v * cos) / tilt.open;
          if (depth > 0 !== front) continue;
          const far = Math.sqrt(along * along + depth * depth);
          if (far < 1.28 || far > 2.3) continue;
          const at = Math.floor(far * 500);
          // The planet's shadow: distance of the light ray from the planet's centre.
          const px = u;
          const py = v;
          const pz = depth * Math.sqrt(1 - tilt.open ** 2);
          const dot = px * sunX + py * sunY + pz * sunZ;
          const miss = Math.sqrt(
            Math.max(0, px * px + py * py + pz * pz - dot * dot),
          );
          const lit = dot < 0 ? mix(0.02, 1, smooth(0.95, 1.06, miss)) : 1;
          const warm = hue[at]!;
          canvas.cover(
            x,
            y,
            [0.6 * lit, (0.4 + 0.08 * warm) * lit, (0.24 + 0.16 * warm) * lit],
            dense[at]! * 0.92,
          );
        }
    };

    trails(false);
    ring(false);
    const flat = Math.sqrt(1 - tilt.open ** 2);
    const sunAcross = sunX * Math.cos(tilt.turn) + sunY * Math.sin(tilt.turn);
    const sunLean = sunY * Math.cos(tilt.turn) - sunX * Math.sin(tilt.turn);
    const sunFront = sunZ * flat + sunLean * tilt.open;
    const { radius } = planet;
    for (
      let y = Math.floor(planet.y - radius * 1.2);
      y < planet.y + radius * 1.2;
      y++
    )
      for (
        let x = Math.floor(planet.x - radius * 1.2);
        x < planet.x + radius * 1.2;
        x++
      ) {
        const u = (x - planet.x) / radius;
        const v = (y - planet.y) / radius;
        const far = Math.sqrt(u * u + v * v);
        if (far > 1.2) continue;
        const toward = (u * sunX + v * sunY) / Math.max(far, 0.001);
        const air =
          Math.exp(-Math.max(0, far - 1) * 26) *
          clamp(toward * 0.75 + 0.35 + sunZ * 0.4) *
          0.34;
        canvas.add(x, y, [0.55, 0.5, 0.62], far > 1 ? air : 0);
        const edge = clamp((1 - far) * radius + 0.5);
        if (edge === 0) continue;
        const w = Math.sqrt(Math.max(0, 1 - far * far));
        const facing = u * sunX + v * sunY + w * sunZ;
        const across = u * Math.cos(tilt.turn) + v * Math.sin(tilt.turn);
        const lean = -u * Math.sin(tilt.turn) + v * Math.cos(tilt.turn);
        const pole = lean * flat - w * tilt.open;
        const front = w * flat + lean * tilt.open;
        // The ring's shadow: where the ray towards the sun crosses the ring's plane.
        const sunPole = sunLean * flat - sunZ * tilt.open;
        const away = -pole / sunPole;
        const [shadeX, shadeZ] = [
          across + sunAcross * away,
          front + sunFront * away,
        ];
        const shade =
          away > 0
            ? (dense[
                Math.floor(Math.sqrt(shadeX * shadeX + shadeZ * shadeZ) * 500)
              ] ?? 0)
            : 0;
        const lit = smooth(-0.12, 0.95, facing) * 1.35 * (1 - 0.75 * shade);
        const east =
          Math.atan2(across, front) / (2 * Math.PI) + 0.5 + time * 0.0065;
        const column = (east % 1) * 2048;
        const row = (Math.asin(clamp(pole, -1, 1)) / Math.PI + 0.5) * 1023;
        const rim = (1 - w) ** 3 * clamp(facing * 1.5 + 0.3) * 0.5;
        const light = [0, 1, 2].map(
          (c) =>
            map.sample(column, row, c) * (lit + 0.004) + rim * (0.4 + 0.1 * c),
        ) as unknown as Light;
        canvas.cover(x, y, light, edge);
      }
    ring(true);
    trails(true);
  };
}
