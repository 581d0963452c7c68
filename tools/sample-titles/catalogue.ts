import type { Canvas } from "./canvas.ts";
import { cityAfterRain } from "./scenes/city-after-rain.ts";
import { northernLights } from "./scenes/northern-lights.ts";
import { orbits } from "./scenes/orbits.ts";
import { theLongTide } from "./scenes/the-long-tide.ts";
import type { Score } from "./sound.ts";

/** The definition of a film. */
export interface Film {
  id: string;
  name: string;
  seconds: number;
  genre: string;
  tagline: string;
  description: string;
  /** Prepares the scene and returns a function that paints it at a time in seconds. */
  scene: () => (canvas: Canvas, time: number) => void;
  score: Score;
  /** The time of the still pictures, and the poster's left column in them. */
  still: { time: number; left: number };
  /** x264's constant rate factors for 720p and 360p. */
  quality: [number, number];
}

export const featured = "northern-lights";
export const year = 2026;

export const films: Film[] = [
  {
    id: "northern-lights",
    name: "Northern Lights",
    seconds: 24,
    genre: "Nature",
    tagline: "One night, no wind, and the whole sky moving.",
    description:
      "Curtains of green and violet unfold over a frozen range while a still lake holds every one of them twice. No narrator, no hurry: less than half a minute at the edge of the Arctic night.",
    scene: northernLights,
    score: {
      chords: [
        [38, 57, 62, 66, 69],
        [35, 54, 59, 62, 69],
        [31, 55, 59, 62, 66],
        [38, 57, 62, 64, 69],
      ],
      bells: [
        [3, 81],
        [5.5, 78],
        [9, 74],
        [11.5, 85],
        [15, 83],
        [17, 78],
        [20.5, 81],
        [23, 74],
      ],
      air: { loud: 0.5, swell: 9 },
    },
    still: { time: 6, left: 470 },
    quality: [33, 33],
  },
  {
    id: "the-long-tide",
    name: "The Long Tide",
    seconds: 24,
    genre: "Slow cinema",
    tagline: "The moon calls. The sea takes its time to answer.",
    description:
      "A copper moon climbs out of the water and turns to silver. A lighthouse counts the seconds, a small boat carries its lantern home, and the tide goes on as it always has.",
    scene: theLongTide,
    score: {
      chords: [
        [33, 52, 57, 60, 64],
        [29, 53, 57, 60, 64],
        [36, 52, 55, 60, 67],
        [31, 50, 55, 59, 62],
      ],
      bells: [
        [4, 76],
        [8, 72],
        [11, 69],
        [15, 79],
        [18, 76],
        [22, 74],
      ],
      air: { loud: 2.2, swell: 5.6 },
    },
    still: { time: 12, left: 560 },
    quality: [33, 33],
  },
  {
    id: "orbits",
    name: "Orbits",
    seconds: 24,
    genre: "Science",
    tagline: "Everything falls. Some things keep missing.",
    description:
      "Dawn comes to a ringed giant, and three moons draw their paths around it in light. A small study of gravity, patience and very large weather.",
    scene: orbits,
    score: {
      chords: [
        [28, 52, 59, 66, 68],
        [33, 52, 57, 61, 68],
        [30, 54, 57, 61, 69],
      ],
      bells: [
        [2, 83],
        [4, 80],
        [6, 88],
        [9.5, 85],
        [12, 80],
        [14, 83],
        [17, 90],
        [19.5, 85],
      ],
    },
    still: { time: 16, left: 530 },
    quality: [32, 32],
  },
  {
    id: "city-after-rain",
    name: "City After Rain",
    seconds: 24,
    genre: "City",
    tagline: "The last train, and ten thousand windows.",
    description:
      "The storm has moved on and left the sky in the river. Towers drift past, aircraft lights blink in no particular order, and a late train carries its row of warm windows across the water.",
    scene: cityAfterRain,
    score: {
      chords: [
        [34, 53, 58, 60, 65],
        [31, 53, 58, 62, 65],
        [27, 51, 55, 58, 65],
      ],
      bells: [
        [2.5, 77],
        [3.2, 74],
        [6, 82],
        [9, 79],
        [11, 77],
        [14, 74],
        [16.5, 82],
        [18, 86],
      ],
    },
    still: { time: 10, left: 380 },
    quality: [38, 37],
  },
];
