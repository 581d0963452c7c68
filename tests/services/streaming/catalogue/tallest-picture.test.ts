import assert from "node:assert/strict";
import { join } from "node:path";
import { readCatalogue } from "../../../../services/streaming/media/catalogue.ts";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import { useFolders } from "../../../support/folders.ts";
import {
  catalogue,
  contents,
  entry,
  files,
} from "../../../support/streaming/catalogue.ts";

describe("readCatalogue: tallestPicture", () => {
  const folder = useFolders();

  const variant = (attributes: string) =>
    `#EXT-X-STREAM-INF:BANDWIDTH=1000${attributes}\n720p.m3u8\n`;
  const playlists: [what: string, hls: string, tallest: number | undefined][] =
    [
      [
        "the height of the tallest variant",
        `${variant(",RESOLUTION=640x360")}${variant(",RESOLUTION=1920x1080,FRAME-RATE=24")}${variant(",RESOLUTION=1280x720")}`,
        1080,
      ],
      [
        "the height of a variant in a playlist with CRLF line ends",
        `${variant(",RESOLUTION=1280x720")}`.replaceAll("\n", "\r\n"),
        720,
      ],
      ["undefined when the playlist declares none", variant(""), undefined],
      [
        "undefined when only another tag or a string declares a resolution",
        `#EXT-X-I-FRAME-STREAM-INF:RESOLUTION=3840x2160\n${variant(',NAME="x,RESOLUTION=3840x2160"')}`,
        undefined,
      ],
    ];
  for (const [what, hls, tallest] of playlists)
    it(`sets tallestPicture to ${what}`, async () => {
      const text = `#EXTM3U\n${hls}`;
      const listed = { ...files, "aurora/index.m3u8": entry(text) };
      const path = folder({
        ...contents,
        "aurora/index.m3u8": text,
        "catalogue.json": JSON.stringify({ ...catalogue, files: listed }),
      });
      const read = await readCatalogue(openFolder(path));
      assert.equal(read.tallestPicture, tallest);
    });

  it("sets tallestPicture to 720 for the sample titles", async () => {
    const titles = join(
      import.meta.dirname,
      "../../../../services/streaming/assets/titles",
    );
    assert.equal((await readCatalogue(openFolder(titles))).tallestPicture, 720);
  });
});
