import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  boxes,
  fragments,
  inside,
  top,
  withDuration,
} from "../../../../tools/sample-titles/mp4-boxes.ts";

const root = join(
  import.meta.dirname,
  "../../../../services/streaming/assets/titles",
);
const read = (path: string) => readFileSync(join(root, path));

describe("MP4 boxes", () => {
  const file = read("northern-lights/720p.mp4");

  it("rejects files that are cut off or are not MP4", () => {
    assert.throws(() => boxes(file.subarray(0, -1)), /does not fit/);
    assert.throws(() => boxes(file.subarray(0, 6)), /does not fit/);
    assert.throws(() => boxes(Buffer.alloc(64)), /not an MP4 file/);
    assert.throws(
      () => boxes(read("northern-lights/poster.jpg")),
      /not an MP4 file/,
    );
  });

  it("rejects files without fragments, or with other boxes between them", () => {
    const [first] = fragments(file);
    assert(first);
    assert.throws(
      () => fragments(file.subarray(0, first.start)),
      /no fragments/,
    );
    const free = Buffer.from([0, 0, 0, 8, ...Buffer.from("free")]);
    const mixed = [file.subarray(0, first.end), free, file.subarray(first.end)];
    assert.throws(() => fragments(Buffer.concat(mixed)), /free/);
  });

  it("names the missing box", () => {
    assert.throws(() => top(file, "moox"), /no box moox/);
    assert.throws(
      () => inside(file, top(file, "moov"), "mvex/mexx"),
      /no box mexx in mvex/,
    );
  });

  it("sets the duration without changing anything else", () => {
    const types = (file: Buffer) => boxes(file).map(({ type }) => type);
    const longer = withDuration(file, 61.5);
    assert.deepEqual(types(longer), types(file));
    assert.deepEqual(
      fragments(longer).map(({ seconds }) => seconds),
      fragments(file).map(({ seconds }) => seconds),
    );
    const mehd = inside(longer, top(longer, "moov"), "mvex/mehd");
    assert.equal(longer.readUInt32BE(mehd.content + 4), 61500);
  });
});
