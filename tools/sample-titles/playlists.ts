import { codecs, type Fragment, fragments } from "./mp4-boxes.ts";

/** A title's video in one size. */
export interface Rendition {
  /** File name, such as `720p.mp4`; the playlist is then `720p.m3u8`. */
  name: string;
  file: Buffer;
  width: number;
  height: number;
}

/** Start of the first fragment, which is the end of the initialization section. */
const beginning = ([first]: Fragment[]) => first?.start ?? 0;

/** An HLS media playlist (RFC 8216bis) of byte ranges of one fragmented MP4. */
export function mediaPlaylist({ name, file }: Rendition): string {
  const segments = fragments(file);
  const longest = Math.max(...segments.map(({ seconds }) => seconds));
  return `${[
    "#EXTM3U",
    "#EXT-X-VERSION:7",
    `#EXT-X-TARGETDURATION:${Math.round(longest)}`,
    "#EXT-X-MEDIA-SEQUENCE:0",
    "#EXT-X-PLAYLIST-TYPE:VOD",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    `#EXT-X-MAP:URI="${name}",BYTERANGE="${beginning(segments)}@0"`,
    ...segments.flatMap(({ start, end, seconds }) => [
      `#EXTINF:${seconds.toFixed(5)},`,
      `#EXT-X-BYTERANGE:${end - start}@${start}`,
      name,
    ]),
    "#EXT-X-ENDLIST",
  ].join("\n")}\n`;
}

const bitsASecond = (bytes: number, seconds: number) =>
  Math.ceil((bytes * 8) / seconds);

const rate = ({ start, end, seconds }: Fragment) =>
  bitsASecond(end - start, seconds);

/** The HLS multivariant playlist of a title's renditions. */
export function multivariantPlaylist(
  renditions: Rendition[],
  framesASecond: number,
): string {
  const variants = renditions.flatMap(({ name, file, width, height }) => {
    const segments = fragments(file);
    const seconds = segments.reduce((sum, each) => sum + each.seconds, 0);
    return [
      `#EXT-X-STREAM-INF:${[
        `BANDWIDTH=${Math.max(...segments.map(rate))}`,
        `AVERAGE-BANDWIDTH=${bitsASecond(file.length - beginning(segments), seconds)}`,
        `RESOLUTION=${width}x${height}`,
        `FRAME-RATE=${framesASecond.toFixed(3)}`,
        `CODECS="${codecs(file)}"`,
      ].join(",")}`,
      name.replace(/\.mp4$/, ".m3u8"),
    ];
  });
  return `${["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS", ...variants].join("\n")}\n`;
}
