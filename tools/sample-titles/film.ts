import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, workerData } from "node:worker_threads";
import { Canvas, develop } from "./canvas.ts";
import { type Film, films } from "./catalogue.ts";
import { backdrop, encode, framesASecond, poster } from "./encode.ts";
import { fragments, withDuration } from "./mp4-boxes.ts";
import { smooth } from "./noise.ts";
import { mediaPlaylist, multivariantPlaylist } from "./playlists.ts";
import { play } from "./sound.ts";

/** Folder of the titles. */
export const root = join(
  import.meta.dirname,
  "../../services/streaming/assets/titles",
);

/** Renders and encodes a film, and writes all files of its folder. */
async function make(film: Film, work: string): Promise<void> {
  const folder = join(root, film.id);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const paint = film.scene();
  const canvas = new Canvas();
  const { seconds, still } = film;

  function* frames() {
    for (let frame = 0; frame < seconds * framesASecond; frame++) {
      const time = frame / framesASecond;
      paint(canvas, time);
      const fade =
        smooth(-0.2, 1.4, time) * smooth(seconds, seconds - 1.6, time);
      yield develop(canvas, fade);
    }
  }

  paint(canvas, still.time);
  const picture = develop(canvas, 1);
  await backdrop(picture, join(folder, "backdrop.jpg"));
  await poster(picture, still.left, film.name, join(folder, "poster.jpg"));

  const sound = join(work, "sound.wav");
  await writeFile(sound, play(film.score, seconds));
  const large = join(work, "720p.mp4");
  const small = join(work, "360p.mp4");
  await encode(frames(), film.name, sound, { large, small }, film.quality);

  const renditions = [];
  for (const [path, width, height] of [
    [large, 1280, 720],
    [small, 640, 360],
  ] as const) {
    const name = `${height}p.mp4`;
    const bare = await readFile(path);
    const lasts = fragments(bare).reduce((sum, each) => sum + each.seconds, 0);
    const rendition = { name, file: withDuration(bare, lasts), width, height };
    await writeFile(join(folder, name), rendition.file);
    await writeFile(join(folder, `${height}p.m3u8`), mediaPlaylist(rendition));
    renditions.push(rendition);
  }
  await writeFile(
    join(folder, "index.m3u8"),
    multivariantPlaylist(renditions, framesASecond),
  );
}

// In a worker: make the film with the given id.
if (!isMainThread) {
  const film = films.find(({ id }) => id === workerData);
  if (!film) throw new Error(`The title ${workerData} does not exist`);
  const work = await mkdtemp(join(tmpdir(), "title-"));
  try {
    await make(film, work);
  } finally {
    await rm(work, { recursive: true });
  }
}
