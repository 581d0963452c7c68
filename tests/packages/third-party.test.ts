import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../../local/environment.ts";

const read = (path: string) => readFileSync(join(project, path), "utf8");
const { workspaces } = JSON.parse(read("package.json"));
const lock = JSON.parse(read("package-lock.json")).packages;

/** The licenses of all packages that the services depend on, by name. */
function bundled(): Record<string, string> {
  const licenses: Record<string, string> = {};
  const visited = new Set<string>();
  const visit = (path: string) => {
    if (visited.has(path)) return;
    visited.add(path);
    const entry = lock[path];
    assert.ok(entry, `package-lock.json has no ${path}`);
    if (entry.link) return visit(entry.resolved);
    if (!workspaces.includes(path))
      licenses[path.replace("node_modules/", "")] = entry.license;
    for (const name of Object.keys({
      ...entry.dependencies,
      ...entry.optionalDependencies,
    }))
      visit(`node_modules/${name}`);
  };
  for (const workspace of workspaces) visit(workspace);
  return licenses;
}

/** The licenses in the table of THIRD-PARTY.md, by package. */
function documented(): Record<string, string> {
  const rows = [...read("THIRD-PARTY.md").matchAll(/^\| (\S+) \| (.*) \|$/gm)];
  const [, , ...licenses] = rows; // after the heading and its line
  return Object.fromEntries(
    licenses.flatMap(([, license = "", packages = ""]) =>
      packages.split(", ").map((name) => [name, license]),
    ),
  );
}

describe("THIRD-PARTY.md", () => {
  it("lists each package that services bundle, with its license", () =>
    assert.deepEqual(documented(), bundled()));
});
