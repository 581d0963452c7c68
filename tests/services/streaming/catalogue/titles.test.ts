import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import {
  boxes,
  codecs,
  fragments,
  inside,
  top,
} from "../../../../tools/sample-titles/mp4-boxes.ts";

const root = join(
  import.meta.dirname,
  "../../../../services/streaming/assets/titles",
);
const read = (path: string) => readFileSync(join(root, path));
const text = (path: string) => read(path).toString();

interface Title {
  id: string;
  name: string;
  year: number;
  seconds: number;
  genre: string;
  tagline: string;
  description: string;
  poster: string;
  backdrop: string;
  video: string;
  hls: string;
}

const { featured, titles, files } = JSON.parse(text("catalogue.json")) as {
  featured: string;
  titles: Title[];
  files: Record<string, { size: number; sha256: string }>;
};

interface Segment {
  start: number;
  end: number;
  seconds: number;
}

/** Parses a media playlist, whose media file is in the same folder. */
function playlist(path: string) {
  const lines = text(path).trim().split("\n");
  const map = lines
    .map((line) => /^#EXT-X-MAP:URI="(.+)",BYTERANGE="(\d+)@0"$/.exec(line))
    .find((match) => match !== null);
  assert(map?.[1], `${path} has no EXT-X-MAP from the first byte on`);
  const segments: Segment[] = [];
  for (const [i, line] of lines.entries()) {
    const length = /^#EXTINF:([\d.]+),$/.exec(line);
    if (!length) continue;
    const bytes = /^#EXT-X-BYTERANGE:(\d+)@(\d+)$/.exec(lines[i + 1] ?? "");
    assert(bytes, `${path}: no byte range follows ${line}`);
    assert.equal(lines[i + 2], map[1], `${path}: a segment is in another file`);
    segments.push({
      start: Number(bytes[2]),
      end: Number(bytes[2]) + Number(bytes[1]),
      seconds: Number(length[1]),
    });
  }
  return {
    lines,
    media: join(dirname(path), map[1]),
    first: Number(map[2]),
    segments,
  };
}

/** A JPEG's size, from its start of frame. */
function pixels(jpeg: Buffer): [number, number] {
  for (let at = 2; at < jpeg.length; at += 2 + jpeg.readUInt16BE(at + 2))
    if (jpeg[at + 1] === 0xc0)
      return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
  throw new Error("no start of frame");
}

describe("Sample titles", () => {
  it("lists exactly the folder's files, each with its size and hash", () => {
    const there = readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter((path) => path !== "catalogue.json");
    assert.deepEqual(Object.keys(files).sort(), there.sort());
    for (const [path, { size, sha256 }] of Object.entries(files)) {
      const content = read(path);
      assert.equal(content.length, size, path);
      assert.equal(
        createHash("sha256").update(content).digest("hex"),
        sha256,
        path,
      );
    }
  });

  it("takes less than 3 MB", () => {
    const sizes = Object.values(files).map(({ size }) => size);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    assert(bytes + read("catalogue.json").length < 3e6, `${bytes} bytes`);
  });

  it("lists four complete titles, one of them featured", () => {
    assert.equal(new Set(titles.map(({ id }) => id)).size, 4);
    assert(titles.some(({ id }) => id === featured));
    for (const title of titles) {
      assert.match(title.id, /^[a-z0-9]+(-[a-z0-9]+)*$/);
      assert.equal(title.year, 2026);
      for (const words of [
        title.name,
        title.genre,
        title.tagline,
        title.description,
      ])
        assert.match(words, /^\S.*\S$/);
      for (const file of [
        title.poster,
        title.backdrop,
        title.video,
        title.hls,
      ]) {
        assert.equal(dirname(file), title.id);
        assert(file in files, file);
      }
    }
  });

  for (const { id, seconds, poster, backdrop, video, hls } of titles) {
    const sizes = ["720p", "360p"];
    const playlists = sizes.map((size) => playlist(`${id}/${size}.m3u8`));

    describe(id, () => {
      it("has a portrait poster and a wide backdrop", () => {
        assert.deepEqual(pixels(read(poster)), [480, 720]);
        assert.deepEqual(pixels(read(backdrop)), [1280, 720]);
      });

      it("has playlists whose byte ranges tile their files", () => {
        for (const { media, first, segments } of playlists) {
          let end = first;
          for (const segment of segments) {
            assert.equal(segment.start, end, media);
            end = segment.end;
          }
          assert.equal(end, files[media]?.size, media);
        }
      });

      it("has segments of whole fragments, after ftyp and moov boxes", () => {
        for (const { media, first, segments } of playlists) {
          const file = read(media);
          const types = (from: number, to: number) =>
            boxes(file, from, to).map(({ type }) => type);
          assert.deepEqual(types(0, first).slice(0, 2), ["ftyp", "moov"]);
          for (const { start, end } of segments)
            assert.deepEqual(types(start, end), ["moof", "mdat"], media);
          assert.deepEqual(
            segments.map((segment) => segment.seconds),
            fragments(file).map((fragment) => fragment.seconds),
          );
        }
      });

      it("lasts as long as the catalogue says, in its playlists and in its files", () => {
        for (const { media, segments } of playlists) {
          const sum = segments.reduce((all, each) => all + each.seconds, 0);
          assert(Math.abs(sum - seconds) < 0.1, `${media}: ${sum}`);
          const file = read(media);
          const moov = top(file, "moov");
          const mehd = inside(file, moov, "mvex/mehd");
          const mvhd = inside(file, moov, "mvhd");
          const timescale = file.readUInt32BE(mvhd.content + 12);
          const length = file.readUInt32BE(mehd.content + 4) / timescale;
          assert(Math.abs(length - seconds) < 0.1, `${media}: ${length}`);
        }
      });

      it("has the same segment durations in both sizes", () => {
        const [large, small] = playlists.map(({ segments }) =>
          segments.map((segment) => segment.seconds),
        );
        assert.deepEqual(large, small);
        assert(large && large.length >= 5);
      });

      it("has valid HLS media playlists", () => {
        for (const { lines, segments } of playlists) {
          assert.equal(lines[0], "#EXTM3U");
          assert.equal(lines.at(-1), "#EXT-X-ENDLIST");
          for (const tag of [
            "#EXT-X-VERSION:7",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            "#EXT-X-INDEPENDENT-SEGMENTS",
          ])
            assert(lines.includes(tag), tag);
          const target = lines
            .map((line) => /^#EXT-X-TARGETDURATION:(\d+)$/.exec(line)?.[1])
            .find((found) => found !== undefined);
          for (const segment of segments)
            assert(Math.round(segment.seconds) <= Number(target));
        }
      });

      it("lists both sizes in its multivariant playlist, with their bandwidths and codecs", () => {
        const lines = text(hls).trim().split("\n");
        assert.equal(lines[0], "#EXTM3U");
        for (const [i, { media, segments }] of playlists.entries()) {
          const name = `${sizes[i]}.m3u8`;
          const line = lines[lines.indexOf(name) - 1];
          assert(line, name);
          assert.match(line, /^#EXT-X-STREAM-INF:/);
          const attributes = Object.fromEntries(
            [...line.matchAll(/([A-Z-]+)=("[^"]*"|[^,]*)/g)].map(
              ([, key, value]) => [key, value],
            ),
          );
          const peak = Math.max(
            ...segments.map(({ start, end, seconds }) =>
              Math.ceil(((end - start) * 8) / seconds),
            ),
          );
          assert.equal(Number(attributes.BANDWIDTH), peak);
          assert(Number(attributes["AVERAGE-BANDWIDTH"]) <= peak);
          assert.equal(attributes.RESOLUTION, ["1280x720", "640x360"][i]);
          assert.equal(attributes["FRAME-RATE"], "24.000");
          assert.equal(attributes.CODECS, `"${codecs(read(media))}"`);
          assert.match(
            attributes.CODECS ?? "",
            /^"avc1\.6400[0-9a-f]{2},mp4a\.40\.2"$/,
          );
        }
        assert.equal(join(dirname(hls), "720p.mp4"), video);
      });
    });
  }
});
