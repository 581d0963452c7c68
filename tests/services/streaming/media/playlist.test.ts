import assert from "node:assert/strict";
import { signPlaylist } from "../../../../services/streaming/media/playlist.ts";

const query = "expires=1&viewer=v&signature=s";

describe("signPlaylist", () => {
  const lines: [what: string, line: string, signed: string][] = [
    ["a URI", "720p.m3u8", `720p.m3u8?${query}`],
    ["a URI with a query", "720p.m3u8?a=b", `720p.m3u8?a=b&${query}`],
    ["a URI with a fragment", "720p.m3u8#x", `720p.m3u8?${query}#x`],
    [
      "a tag's URI",
      '#EXT-X-MAP:URI="720p.mp4",BYTERANGE="800@0"',
      `#EXT-X-MAP:URI="720p.mp4?${query}",BYTERANGE="800@0"`,
    ],
  ];
  for (const [what, line, signed] of lines)
    it(`adds the query to ${what}`, () => {
      assert.equal(
        signPlaylist(`#EXTM3U\n${line}\n`, query),
        `#EXTM3U\n${signed}\n`,
      );
    });

  for (const line of [
    "#EXTM3U",
    "#EXTINF:4.0,",
    "# a comment, of a.mp4",
    '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2"',
    "",
    "https://elsewhere.example/a.mp4",
    "//elsewhere.example/a.mp4",
    '#EXT-X-KEY:METHOD=AES-128,URI="https://elsewhere.example/key"',
  ])
    it(`leaves ${JSON.stringify(line)} unchanged`, () => {
      assert.equal(signPlaylist(line, query), line);
    });

  it("accepts lines that end in CRLF", () => {
    assert.equal(
      signPlaylist("#EXTM3U\r\na.mp4\r\n", query),
      `#EXTM3U\r\na.mp4?${query}\n`,
    );
  });
});
