import { createHash } from "node:crypto";

export const contents = {
  "aurora/poster.jpg": "a poster",
  "aurora/backdrop.jpg": "a backdrop",
  "aurora/720p.mp4": "a video of some length",
  "aurora/index.m3u8": "#EXTM3U\n",
  "aurora/360p.mp4": "a smaller video",
};
export type Name = keyof typeof contents;

export const aurora = {
  id: "aurora",
  name: "Aurora",
  year: 2026,
  seconds: 24.5,
  genre: "Nature",
  tagline: "Light at the end of the world",
  description: "Colours above the snow. Nobody says a word.",
  poster: "aurora/poster.jpg",
  backdrop: "aurora/backdrop.jpg",
  video: "aurora/720p.mp4",
  hls: "aurora/index.m3u8",
};

export const entry = (content: string) => ({
  size: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
});
export const files = Object.fromEntries(
  Object.entries(contents).map(([name, content]) => [name, entry(content)]),
);
export const catalogue = { featured: "aurora", titles: [aurora], files };
