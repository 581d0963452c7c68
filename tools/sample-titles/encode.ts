import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { height, width } from "./canvas.ts";

export const framesASecond = 24;
/** Length of a fragment, and distance between keyframes. */
const fragmentSeconds = 4;

const fonts = "/usr/share/fonts/opentype/inter";
const light = `${fonts}/InterDisplay-Light.otf`;
const bold = `${fonts}/InterDisplay-SemiBold.otf`;

/** @throws Error with installation instructions if a required tool is missing */
export function checkTools(): void {
  if (spawnSync("ffmpeg", ["-version"]).error || !existsSync(bold))
    throw new Error(
      "This needs ffmpeg and the font Inter: apt-get install ffmpeg fonts-inter",
    );
}

async function ffmpeg(args: string[], frames: Iterable<Buffer>): Promise<void> {
  const child = spawn(
    "ffmpeg",
    [
      ...["-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24"],
      ...["-video_size", `${width}x${height}`],
      ...["-framerate", String(framesASecond), "-i", "pipe:0", ...args],
    ],
    { stdio: ["pipe", "inherit", "inherit"] },
  );
  const ended = once(child, "close");
  child.stdin.on("error", () => {}); // ffmpeg's own message and exit code say more
  for (const frame of frames) {
    if (child.exitCode !== null) break;
    if (!child.stdin.write(frame))
      await Promise.race([once(child.stdin, "drain"), ended]);
  }
  child.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with code ${code}`);
}

/** Letter-spaced text. */
const spaced = (text: string, space: string) =>
  [...text.toUpperCase()].join(space);

/** Filter that fades the film's name in and out at the beginning. */
const opening = (name: string) =>
  `drawtext=fontfile=${light}:text='${spaced(name, "\u2009\u2009")}':fontcolor=white:fontsize=44:x=88:y=h-118:shadowcolor=black@0.35:shadowx=0:shadowy=1:alpha='clip((t-1.2)/1.2,0,1)*clip((6-t)/1.2,0,1)*0.95'`;

const bitexact = ["-fflags", "+bitexact", "-flags:v", "+bitexact"];

/**
 * Encodes a film in two sizes as fragmented MP4 (H.264 and AAC) with aligned keyframes.
 * @param sound path of a WAV file
 * @param quality x264's constant rate factors for the large and the small size: lower is better and larger
 */
export async function encode(
  frames: Iterable<Buffer>,
  name: string,
  sound: string,
  { large, small }: { large: string; small: string },
  quality: [number, number],
): Promise<void> {
  const output = (picture: string, to: string, crf: number) => [
    ...[
      "-map",
      picture,
      "-map",
      "1:a",
      "-c:v",
      "libx264",
      "-profile:v",
      "high",
    ],
    ...["-preset", "slower", "-crf", String(crf), "-threads", "2"],
    ...["-g", String(fragmentSeconds * framesASecond)],
    ...["-keyint_min", String(fragmentSeconds * framesASecond)],
    ...["-sc_threshold", "0", "-aq-mode", "3", "-aq-strength", "0.7"],
    ...["-x264-params", "deblock=1,1:bframes=6:psy-rd=0.4,0"],
    ...["-color_primaries", "bt709", "-color_trc", "bt709"],
    ...["-colorspace", "bt709", "-color_range", "tv"],
    ...["-c:a", "aac", "-b:a", "20k", "-flags:a", "+bitexact"],
    ...["-map_metadata", "-1", ...bitexact, "-f", "mp4", "-movflags"],
    "+frag_keyframe+delay_moov+default_base_moof+global_sidx+skip_trailer",
    to,
  ];
  const toVideo =
    "scale=in_range=pc:out_range=tv:out_color_matrix=bt709:flags=lanczos+accurate_rnd+full_chroma_int,format=yuv420p";
  await ffmpeg(
    [
      ...["-i", sound, "-filter_complex"],
      `[0:v]${opening(name)},split[a][b];[a]${toVideo}[large];[b]scale=640:360:flags=lanczos,${toVideo}[small]`,
      ...output("[large]", large, quality[0]),
      ...output("[small]", small, quality[1]),
    ],
    frames,
  );
}

const jpeg = ["-frames:v", "1", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"];

/** Writes a frame as a JPEG, for the background of pages. */
export const backdrop = (frame: Buffer, to: string): Promise<void> =>
  ffmpeg([...jpeg, "-q:v", "4", ...bitexact, to], [frame]);

/**
 * Writes a portrait poster with the film's name.
 * @param left the frame's first column on the poster
 */
export async function poster(
  frame: Buffer,
  left: number,
  name: string,
  to: string,
): Promise<void> {
  const lines = name.toUpperCase().match(/\S.{0,9}(?=\s|$)/g) ?? [name];
  const words = lines.map(
    (line, i) =>
      `drawtext=fontfile=${bold}:text='${spaced(line, "\u2009")}':fontcolor=white@0.94:fontsize=46:x=(w-tw)/2:y=h-${62 + (lines.length - 1 - i) * 58}-ascent/2`,
  );
  const shade =
    "geq=r='r(X,Y)*(1-0.62*pow(clip((Y/H-0.6)/0.4,0,1),1.3))':g='g(X,Y)*(1-0.62*pow(clip((Y/H-0.6)/0.4,0,1),1.3))':b='b(X,Y)*(1-0.62*pow(clip((Y/H-0.6)/0.4,0,1),1.3))'";
  const filter = `crop=480:720:${left}:0,format=gbrp,${shade},format=rgb24,${words.join(",")}`;
  await ffmpeg(["-vf", filter, ...jpeg, "-q:v", "4", ...bitexact, to], [frame]);
}
