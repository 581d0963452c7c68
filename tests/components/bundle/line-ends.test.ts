import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, contextOf } from "../../../components/images/bundle.ts";
import { useFolders } from "../../support/folders.ts";

/** A service with every kind of text file, with LF line endings. */
const sources = {
  "services/Dockerfile": "FROM scratch\nCOPY app /app\n",
  "services/auth/server.ts":
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a source
    "// a comment\nconst name: string = 'a';\nconsole.log(`one\n  ${name}\n`, String.raw`two\\n\n  ${name}`);\n/* several\n lines */\nthrow new Error(name);\n",
  "services/auth/browser/page.ts":
    "const text: string = `one\ntwo`;\nconsole.log(text);\n",
  "services/auth/assets/passwords.txt": "password\n12345678\n",
  "services/auth/assets/below/style.css": "a {\n  color: red;\n}\n",
  "services/auth/assets/below/names.json": '{\n  "name": "Zoë"\n}\n',
  "services/auth/migrations/0001-accounts.sql":
    "CREATE TABLE accounts (\n  id int\n);\n",
};

const withCrlf = (files: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      text.replaceAll("\n", "\r\n"),
    ]),
  );

/** Every file of a service's context, by path. */
function contextIn(project: string): Record<string, string> {
  const context = join(project, contextOf("auth"));
  return Object.fromEntries(
    readdirSync(context, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [
        path.slice(context.length + 1),
        readFileSync(path, "latin1"),
      ]),
  );
}

describe("bundle: sources with CRLF line endings", () => {
  const folder = useFolders();

  it("writes the same context as for sources with LF, byte for byte", async () => {
    const [lf, crlf] = [folder(sources), folder(withCrlf(sources))];
    const hashes = await bundle(["auth"], lf);
    const hashesFromCrlf = await bundle(["auth"], crlf);
    assert.deepEqual(contextIn(crlf), contextIn(lf));
    assert.deepEqual(hashesFromCrlf, hashes);
    assert.deepEqual(Object.keys(contextIn(crlf)), [
      "Dockerfile",
      "app/assets/below/names.json",
      "app/assets/below/style.css",
      "app/assets/passwords.txt",
      "app/browser/page.js",
      "app/migrations/0001-accounts.sql",
      "app/server.mjs",
      "app/server.mjs.map",
    ]);
  });

  it("replaces CRLF by LF in text, and changes nothing else in it", async () => {
    const project = folder({
      ...sources,
      "services/auth/assets/mixed.txt": "a\r\nb\nc\r\r\nd\re",
    });
    await bundle(["auth"], project);
    assert.equal(contextIn(project)["app/assets/mixed.txt"], "a\nb\nc\r\nd\re");
  });

  for (const [what, bytes] of [
    ["a NUL", [0x61, 0x0d, 0x0a, 0x00, 0x0d, 0x0a]],
    ["bytes that aren't UTF-8", [0xff, 0xd8, 0x0d, 0x0a, 0xd9]],
  ] as const)
    it(`copies a binary file with CRLF and ${what} unchanged`, async () => {
      const project = folder(withCrlf(sources));
      const content = Buffer.from(bytes);
      writeFileSync(join(project, "services/auth/assets/video.mp4"), content);
      await bundle(["auth"], project);
      assert.equal(
        contextIn(project)["app/assets/video.mp4"],
        content.toString("latin1"),
      );
    });
});
