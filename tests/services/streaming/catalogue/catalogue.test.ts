import assert from "node:assert/strict";
import {
  InvalidCatalogueError,
  readCatalogue,
} from "../../../../services/streaming/media/catalogue.ts";
import { openFolder } from "../../../../services/streaming/media/folder/store.ts";
import { useFolders } from "../../../support/folders.ts";
import {
  aurora,
  catalogue,
  contents,
  entry,
  files,
  type Name,
} from "../../../support/streaming/catalogue.ts";

describe("readCatalogue", () => {
  const folder = useFolders();

  const read = (json: unknown, without?: Name) => {
    const { [without as Name]: _, ...there } = contents;
    const text = typeof json === "string" ? json : JSON.stringify(json);
    return readCatalogue(
      openFolder(folder({ ...there, "catalogue.json": text })),
    );
  };

  const invalid: [string, unknown, (string | RegExp)[], Name?][] = [
    ["is not JSON", "{", [/^the file is not JSON: Expected property name/]],
    ["is empty", "", ["the file is empty"]],
    ["is not an object", "[]", [/^the document: .*expected object/]],
    [
      "lacks every field",
      {},
      ["featured: is missing", "titles: is missing", "files: is missing"],
    ],
    [
      "has no titles",
      { ...catalogue, titles: [] },
      ["titles: expected at least one title"],
    ],
    [
      "features an unknown title",
      { ...catalogue, featured: "borealis" },
      ["featured: no title has the id borealis; the ids are aurora"],
    ],
    [
      "has a duplicate title",
      { ...catalogue, titles: [aurora, aurora] },
      ["titles: aurora appears more than once"],
    ],
    [
      "has a title whose files have no entry",
      { ...catalogue, files: {} },
      [
        'aurora\'s poster: aurora/poster.jpg has no entry in "files"',
        'aurora\'s backdrop: aurora/backdrop.jpg has no entry in "files"',
        'aurora\'s video: aurora/720p.mp4 has no entry in "files"',
        'aurora\'s hls: aurora/index.m3u8 has no entry in "files"',
      ],
    ],
    [
      "names a missing video",
      catalogue,
      ["aurora/720p.mp4: no such file"],
      "aurora/720p.mp4",
    ],
    [
      "lists a missing file",
      catalogue,
      ["aurora/360p.mp4: no such file"],
      "aurora/360p.mp4",
    ],
    [
      "lists a wrong size",
      {
        ...catalogue,
        files: { ...files, "aurora/720p.mp4": { ...entry("x"), size: 5 } },
      },
      ['aurora/720p.mp4: the file has 22 bytes, but "files" lists 5'],
    ],
    [
      "has an invalid hash",
      {
        ...catalogue,
        files: { ...files, "aurora/720p.mp4": { size: 22, sha256: "abc" } },
      },
      [
        "files.aurora/720p.mp4.sha256: expected a SHA-256 of 64 hexadecimal digits",
      ],
    ],
    [
      "has an invalid id",
      { ...catalogue, titles: [{ ...aurora, id: "Aurora 2" }] },
      ["titles.0.id: expected lower-case letters, digits and single hyphens"],
    ],
    [
      "has a poster outside its folder",
      { ...catalogue, titles: [{ ...aurora, poster: "../poster.jpg" }] },
      ["titles.0.poster: expected a path below the catalogue's folder"],
    ],
    [
      "lists a file outside its folder",
      { ...catalogue, files: { ...files, "a/../../b": entry("b") } },
      ["files.a/../../b: expected a path below the catalogue's folder"],
    ],
    [
      "has unexpected and invalid fields",
      {
        ...catalogue,
        titles: [{ ...aurora, name: " ", seconds: -1, rating: 5 }],
      },
      [
        "titles.0.name: is empty",
        /^titles\.0\.seconds: Too small/,
        "titles.0.rating: unknown key",
      ],
    ],
    [
      "has several errors",
      { ...catalogue, featured: "x", titles: [aurora, aurora] },
      [
        "titles: aurora appears more than once",
        "featured: no title has the id x; the ids are aurora, aurora",
        "aurora/backdrop.jpg: no such file",
      ],
      "aurora/backdrop.jpg",
    ],
  ];
  for (const [what, json, expected, without] of invalid)
    it(`rejects a catalogue that ${what}`, async () => {
      await assert.rejects(read(json, without), (error) => {
        assert.ok(error instanceof InvalidCatalogueError, `${error}`);
        assert.equal(error.issues.length, expected.length, error.message);
        for (const [i, issue] of expected.entries())
          if (typeof issue === "string") assert.equal(error.issues[i], issue);
          else assert.match(error.issues[i] ?? "", issue);
        assert.ok(error.message.startsWith("catalogue.json is invalid:"));
        return true;
      });
    });

  it("rejects a folder without catalogue.json", async () => {
    await assert.rejects(
      readCatalogue(openFolder(folder())),
      /^InvalidCatalogueError: catalogue\.json is invalid:\n- the file is missing: it must be at the root/,
    );
  });

  it("accepts playlists with CRLF line ends that were listed with LF", async () => {
    const there = { ...contents, "aurora/index.m3u8": "#EXTM3U\r\n" };
    const path = folder({
      ...there,
      "catalogue.json": JSON.stringify(catalogue, null, 2).replaceAll(
        "\n",
        "\r\n",
      ),
    });
    const { titles } = await readCatalogue(openFolder(path));
    assert.equal(titles[0]?.sizes.hls, 9);
  });

  for (const [what, name, content] of [
    ["a playlist with other text", "aurora/index.m3u8", "#EXTM3X\r\n"],
    [
      "a video with one byte more",
      "aurora/720p.mp4",
      "a video of some\r\nlengt",
    ],
  ] as const)
    it(`rejects ${what} than was listed`, async () => {
      const listed = {
        ...files,
        "aurora/720p.mp4": entry("a video of some\nlengt"),
      };
      const path = folder({
        ...contents,
        "aurora/720p.mp4": "a video of some\nlengt",
        [name]: content,
        "catalogue.json": JSON.stringify({ ...catalogue, files: listed }),
      });
      await assert.rejects(readCatalogue(openFolder(path)), {
        issues: [
          `${name}: the file has ${content.length} bytes, but "files" lists ${content.length - 1}`,
        ],
      });
    });

  it("returns each title with its files' sizes", async () => {
    assert.deepEqual(await read(catalogue), {
      featured: "aurora",
      titles: [
        {
          ...aurora,
          sizes: { poster: 8, backdrop: 10, video: 22, hls: 8 },
        },
      ],
      tallestPicture: undefined,
    });
  });
});
