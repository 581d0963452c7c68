/** A box of an MP4 file (ISO/IEC 14496-12), as offsets in the file. */
export interface Box {
  type: string;
  start: number;
  /** Offset of the content, after size and type. */
  content: number;
  end: number;
}

/**
 * The boxes between two offsets, in order.
 * @throws Error if they don't fill the range exactly
 */
export function boxes(file: Buffer, start = 0, end = file.length): Box[] {
  const found: Box[] = [];
  for (let at = start; at < end; ) {
    const size = at + 8 <= end ? file.readUInt32BE(at) : 0;
    const type = file.toString("latin1", at + 4, at + 8);
    if (size < 8 || at + size > end)
      throw new Error(
        `A box at ${at} that is ${size} bytes long does not fit between ${start} and ${end}: this is not an MP4 file, or it is cut off`,
      );
    found.push({ type, start: at, content: at + 8, end: at + size });
    at += size;
  }
  return found;
}

/** The child boxes of a type. */
const within = (file: Buffer, box: Box, type: string): Box[] =>
  boxes(file, box.content, box.end).filter((inner) => inner.type === type);

/**
 * The box at the end of a path such as `mdia/minf/stbl`.
 * @throws Error if it does not exist
 */
export function inside(file: Buffer, box: Box, path: string): Box {
  for (const type of path.split("/")) {
    const [inner] = within(file, box, type);
    if (!inner)
      throw new Error(`There is no box ${type} in ${box.type} (${path})`);
    box = inner;
  }
  return box;
}

/** The file's first box of a type. @throws Error if it does not exist */
export function top(file: Buffer, type: string): Box {
  const found = boxes(file).find((box) => box.type === type);
  if (!found) throw new Error(`There is no box ${type} in the file`);
  return found;
}

/** Extra bytes of the 64-bit times in version 1 of a full box. */
const wide = (file: Buffer, { content }: Box) =>
  file.readUInt8(content) === 1 ? 8 : 0;

interface Track {
  id: number;
  /** Handler type: `vide` or `soun`. */
  kind: string;
  /** Time units per second. */
  timescale: number;
  /** Codec string per RFC 6381, such as `avc1.64001f`. */
  codec: string;
}

function tracks(file: Buffer): Track[] {
  return within(file, top(file, "moov"), "trak").map((trak) => {
    const tkhd = inside(file, trak, "tkhd");
    const mdhd = inside(file, trak, "mdia/mdhd");
    const hdlr = inside(file, trak, "mdia/hdlr");
    const kind = file.toString("latin1", hdlr.content + 8, hdlr.content + 12);
    const stsd = inside(file, trak, "mdia/minf/stbl/stsd");
    const [entry] = boxes(file, stsd.content + 8, stsd.end);
    let codec = "mp4a.40.2";
    if (kind === "vide" && entry) {
      const [avcC] = boxes(file, entry.content + 78, entry.end);
      if (avcC?.type !== "avcC") throw new Error("The video is not H.264");
      codec = `avc1.${file.toString("hex", avcC.content + 1, avcC.content + 4)}`;
    }
    return {
      id: file.readUInt32BE(tkhd.content + (wide(file, tkhd) ? 20 : 12)),
      kind,
      timescale: file.readUInt32BE(mdhd.content + (wide(file, mdhd) ? 20 : 12)),
      codec,
    };
  });
}

/** Codecs of all tracks, for a playlist's CODECS attribute. */
export const codecs = (file: Buffer): string =>
  tracks(file)
    .map(({ codec }) => codec)
    .join(",");

/** Duration of a track fragment in the track's time units. */
function duration(file: Buffer, traf: Box): number {
  const tfhd = inside(file, traf, "tfhd");
  const flags = file.readUInt32BE(tfhd.content) & 0xffffff;
  const before = (flags & 1 ? 8 : 0) + (flags & 2 ? 4 : 0);
  const each = flags & 8 ? file.readUInt32BE(tfhd.content + 8 + before) : 0;
  let sum = 0;
  for (const trun of within(file, traf, "trun")) {
    const shape = file.readUInt32BE(trun.content) & 0xffffff;
    const count = file.readUInt32BE(trun.content + 4);
    const step =
      [0x100, 0x200, 0x400, 0x800].filter((f) => shape & f).length * 4;
    let at = trun.content + 8 + (shape & 1 ? 4 : 0) + (shape & 4 ? 4 : 0);
    for (let i = 0; i < count; i++, at += step)
      sum += shape & 0x100 ? file.readUInt32BE(at) : each;
  }
  return sum;
}

/** A fragment that starts with a keyframe, so that it can be played after the file's header. */
export interface Fragment {
  start: number;
  end: number;
  /** Duration of its video. */
  seconds: number;
}

/**
 * The fragments of a file, each from its `moof` to the end of its `mdat`.
 * @throws Error if there are other boxes between them
 */
export function fragments(file: Buffer): Fragment[] {
  const video = tracks(file).find(({ kind }) => kind === "vide");
  if (!video) throw new Error("The file has no video");
  const all = boxes(file);
  const first = all.findIndex(({ type }) => type === "moof");
  if (first < 0) throw new Error("The file has no fragments");
  const found: Fragment[] = [];
  for (let i = first; i < all.length; i += 2) {
    const [moof, mdat] = all.slice(i, i + 2);
    if (moof?.type !== "moof" || mdat?.type !== "mdat")
      throw new Error(
        `There is ${moof?.type}, ${mdat?.type} instead of a fragment`,
      );
    const traf = within(file, moof, "traf").find(
      (box) =>
        file.readUInt32BE(inside(file, box, "tfhd").content + 4) === video.id,
    );
    found.push({
      start: moof.start,
      end: mdat.end,
      seconds: traf ? duration(file, traf) / video.timescale : 0,
    });
  }
  return found;
}

/** Copies a fragmented file and adds its total duration to `moov` (`mehd`), which some players require. */
export function withDuration(file: Buffer, seconds: number): Buffer {
  const moov = top(file, "moov");
  const mvex = inside(file, moov, "mvex");
  const mvhd = inside(file, moov, "mvhd");
  const timescale = file.readUInt32BE(
    mvhd.content + (wide(file, mvhd) ? 20 : 12),
  );
  const mehd = Buffer.alloc(16);
  mehd.writeUInt32BE(mehd.length, 0);
  mehd.write("mehd", 4, "latin1");
  mehd.writeUInt32BE(Math.round(seconds * timescale), 12);
  const copy = Buffer.concat([
    file.subarray(0, mvex.content),
    mehd,
    file.subarray(mvex.content),
  ]);
  for (const { start, end } of [moov, mvex])
    copy.writeUInt32BE(end - start + mehd.length, start);
  return copy;
}
