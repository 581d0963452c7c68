import assert from "node:assert/strict";
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { buildImage, proxyVariables } from "../../../local/docker/build.ts";
import { ensureDockerEngine } from "../../../local/docker/daemon.ts";
import { imageExists } from "../../../local/docker/images.ts";
import { cache, project } from "../../../local/environment.ts";
import { CommandError, run } from "../../../local/host/command.ts";
import { newName } from "../../support/docker.ts";
import { useFolders } from "../../support/folders.ts";

describe("proxyVariables", () => {
  it("returns each setting in lower and upper case", () => {
    assert.deepEqual(
      proxyVariables({ http_proxy: "http://a:1", NO_PROXY: ".example" }),
      {
        http_proxy: "http://a:1",
        HTTP_PROXY: "http://a:1",
        no_proxy: ".example",
        NO_PROXY: ".example",
      },
    );
  });

  it("prefers lower case, as curl does, and ignores empty settings", () => {
    assert.deepEqual(
      proxyVariables({
        https_proxy: "http://a:1",
        HTTPS_PROXY: "http://b:1",
        http_proxy: "",
        HTTP_PROXY: "",
      }),
      { https_proxy: "http://a:1", HTTPS_PROXY: "http://a:1" },
    );
  });
});

describe("Dockerfiles of the local cluster", () => {
  const dockerfiles = globSync("local/**/*Dockerfile", { cwd: project });

  it("exist for the node, the services' base image, PostgreSQL and Go only", () => {
    assert.deepEqual(dockerfiles.sort(), [
      "local/cluster/node/Dockerfile",
      "local/images/postgres/Dockerfile",
      "local/images/service-base/Dockerfile",
      "local/toolchain/builder.Dockerfile",
    ]);
  });

  for (const dockerfile of dockerfiles) {
    const instructions = readFileSync(join(project, dockerfile), "utf8")
      .replaceAll(/^#.*\n/gm, "")
      .split(/(?<!\\)\n/)
      .filter((line) => line.trim() !== "");

    it(`have a first stage that needs only the image of Debian: ${dockerfile}`, () => {
      const stages = instructions
        .map((line, index) => (line.startsWith("FROM ") ? index : -1))
        .filter((index) => index >= 0);
      const [first = -1, second = instructions.length] = stages;
      assert.equal(instructions[first], `FROM \${DEBIAN} AS packages`);
      for (const line of instructions.slice(0, first))
        assert.match(line, /^ARG /);
      for (const line of instructions.slice(first + 1, second))
        assert.match(line, /^(RUN|WORKDIR|ENV) /);
    });

    it(`use no features that need BuildKit: ${dockerfile}`, () => {
      for (const line of instructions)
        assert.doesNotMatch(
          line,
          /^(RUN|COPY|ADD) --(mount|network|security|chmod|link|parents|exclude)|<<-?['"]?\w/,
        );
    });
  }
});

describe("buildImage", function () {
  this.timeout("10m"); // the image of Debian may have to be built
  const useFolder = useFolders();
  const image = newName();
  const packagesImage = `${image}-packages`;
  const context = join(cache, "build", image);
  const { http_proxy, HTTP_PROXY } = process.env;
  before(ensureDockerEngine);
  afterEach(async () => {
    process.env.HTTP_PROXY = HTTP_PROXY;
    if (HTTP_PROXY === undefined) delete process.env.HTTP_PROXY;
    process.env.http_proxy = http_proxy;
    if (http_proxy === undefined) delete process.env.http_proxy;
    if (await imageExists(image)) await run("docker", ["image", "rm", image]);
  });
  const build = (
    steps: string,
    fill: (context: string) => unknown = () => {},
  ) =>
    buildImage(
      {
        image,
        dockerfile: join(
          useFolder({
            Dockerfile: `ARG DEBIAN\nFROM \${DEBIAN} AS packages\n${steps}`,
          }),
          "Dockerfile",
        ),
        report: () => {},
      },
      fill,
    );
  const assertClean = async () => {
    assert.equal(await imageExists(packagesImage), false);
    assert.equal(existsSync(context), false);
  };

  it("copies from the first stage and from the context, and removes both afterwards", async () => {
    await build(
      'RUN mkdir /made && echo 12 >/made/release\nFROM scratch\nCOPY --from=packages /made /\nCOPY film /\nCMD ["x"]\n',
      (folder) => writeFileSync(join(folder, "film"), "Orbits"),
    );
    const container = await run("docker", ["create", "--name", image, image]);
    try {
      const files = useFolder();
      await run("docker", ["cp", `${container}:/.`, files]);
      assert.equal(readFileSync(join(files, "release"), "utf8"), "12\n");
      assert.equal(readFileSync(join(files, "film"), "utf8"), "Orbits");
    } finally {
      await run("docker", ["rm", container]);
    }
    await assertClean();
  });

  it("copies files that every user of the image can read, whatever the umask is", async () => {
    await build(
      `RUN true\nFROM packages\nCOPY . /made/\nUSER 65532\nRUN /made/bin/play\n`,
      (folder) => {
        mkdirSync(join(folder, "bin"), { mode: 0o700 });
        writeFileSync(join(folder, "film"), "Orbits", { mode: 0o600 });
        writeFileSync(
          join(folder, "bin/play"),
          "#!/bin/sh\ngrep Orbits /made/film\n",
          {
            mode: 0o700,
          },
        );
      },
    );
  });

  it("passes the environment's proxy to its steps, and keeps it out of the image", async () => {
    delete process.env.http_proxy;
    process.env.HTTP_PROXY = `http://ada:hunter2@${image}.invalid:3128`;
    await build(
      `RUN [ "$http_proxy $HTTP_PROXY" = "${process.env.HTTP_PROXY} ${process.env.HTTP_PROXY}" ]\nFROM packages\nCMD ["x"]\n`,
    );
    const { Config } = JSON.parse(
      await run("docker", ["image", "inspect", image]),
    )[0];
    assert.doesNotMatch(JSON.stringify(Config), /hunter2|invalid/);
  });

  it("fails with the output of the failed step", async () => {
    const steps = "RUN echo no such film >&2 && exit 3\nFROM packages\n";
    await assert.rejects(
      build(steps),
      (error) =>
        error instanceof CommandError && /no such film/.test(error.output),
    );
    await assertClean();
    assert.equal(await imageExists(image), false);
  });
});
