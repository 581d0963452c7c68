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
  const whole = read("northern-lights/720p.mp4");

  it("rejects files that are cut off or are not MP4", () => {
    assert.throws(() => boxes(whole.subarray(0, -1)), /does not fit/);
    assert.throws(() => boxes(whole.subarray(0, 6)), /does not fit/);
    assert.throws(() => boxes(Buffer.alloc(64)), /not an MP4 file/);
    assert.throws(() => boxes(read("northern-lights/poster.jpg")), /not an MP4 file/);
  });

  it("rejects files without fragments, or with other boxes between them", () => {
    const [first] = fragments(whole);
    assert(first);
    assert.throws(
      () => fragments(whole.subarray(0, first.start)),
      /no fragments/,
    );
    const free = Buffer.from([0, 0, 0, 8, ...Buffer.from("free")]);
    const mixed = [
      whole.subarray(0, first.end),
      free,
      whole.subarray(first.end),
    ];
    assert.throws(() => fragments(Buffer.concat(mixed)), /free/);
  });

  it("names the missing box", () => {
    assert.throws(() => top(whole, "moox"), /no box moox/);
    assert.throws(
      () => inside(whole, top(whole, "moov"), "mvex/mexx"),
      /no box mexx in mvex/,
    );
  });

  it("sets the duration without changing anything else", () => {
    const types = (file: Buffer) => boxes(file).map(({ type }) => type);
    const longer = withDuration(whole, 61.5);
    assert.deepEqual(types(longer), types(whole));
    assert.deepEqual(
      fragments(longer).map(({ seconds }) => seconds),
      fragments(whole).map(({ seconds }) => seconds),
    );
    const mehd = inside(longer, top(longer, "moov"), "mvex/mehd");
    assert.equal(longer.readUInt32BE(mehd.content + 4), 61500);
  });
});
