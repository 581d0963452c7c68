import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Arbitrary bytes, the same for the same seed. */
const bytes = (size: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) % 251));

/** The files of the tests' titles. Videos are arbitrary bytes: streaming never parses them. */
export const mediaFiles: Readonly<Record<string, Buffer>> = {
  "metropolis/poster.jpg": bytes(300, 1),
  "metropolis/backdrop.jpg": bytes(500, 2),
  "metropolis/720p.mp4": bytes(200_000, 3),
  "metropolis/index.m3u8": Buffer.from(
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n720p.m3u8\n",
  ),
  "metropolis/720p.m3u8": Buffer.from(
    '#EXTM3U\n#EXT-X-MAP:URI="720p.mp4",BYTERANGE="100@0"\n#EXTINF:4,\n#EXT-X-BYTERANGE:900@100\n720p.mp4\n#EXT-X-ENDLIST\n',
  ),
  "sunrise/poster.jpg": bytes(301, 5),
  "sunrise/backdrop.jpg": bytes(501, 6),
  "sunrise/720p.mp4": bytes(1_000, 7),
  "sunrise/index.m3u8": Buffer.from("#EXTM3U\n"),
};

const title = (id: string, name: string, seconds: number) => ({
  ...{ id, name, year: 1927, seconds, genre: "Drama" },
  tagline: `${name}, & more`,
  description: `All of <${name}>.`,
  poster: `${id}/poster.jpg`,
  backdrop: `${id}/backdrop.jpg`,
  video: `${id}/720p.mp4`,
  hls: `${id}/index.m3u8`,
});

/**
 * Creates a folder with two titles, metropolis (100 s, featured) and sunrise (50 s); it is deleted when the tests end.
 */
export function mediaFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "marquee-media-"));
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  const files: Record<string, { size: number; sha256: string }> = {};
  for (const [path, content] of Object.entries(mediaFiles)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    const sha256 = createHash("sha256").update(content).digest("hex");
    files[path] = { size: content.length, sha256 };
  }
  const titles = [
    title("metropolis", "Metropolis", 100),
    title("sunrise", "Sunrise", 50),
  ];
  const catalogue = { featured: "metropolis", titles, files };
  writeFileSync(join(root, "catalogue.json"), JSON.stringify(catalogue));
  return root;
}
