import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unsupportedEngine } from "../../local/docker-engine.ts";
import { project } from "../../local/host.ts";
import { type Machine, missing } from "../../local/requirements.ts";

const debianRoot: Machine = {
  platform: "linux",
  root: true,
  canInstall: true,
  dockerCommand: false,
  dockerEngine: false,
  go: { version: "go version go1.26.8 linux/amd64", toolchain: "auto" },
  programs: false,
};
const linuxUser: Machine = {
  ...debianRoot,
  root: false,
  canInstall: false,
  dockerCommand: true,
  dockerEngine: true,
};
const pullFailure =
  'Get "https://registry-1.docker.io/v2/": dial tcp: no such host';

describe("requirements of a local cluster", () => {
  it("are met for root on Debian with Go alone", () => {
    assert.deepEqual(missing(debianRoot), []);
    assert.deepEqual(missing({ ...debianRoot, pullFailure }), []);
  });

  it("are met for a user on Linux or macOS with a Docker engine and Go", () => {
    assert.deepEqual(missing(linuxUser), []);
    assert.deepEqual(missing({ ...linuxUser, platform: "darwin" }), []);
  });

  it("ask a user whose Docker can't pull Debian's image for a registry, or for root on Debian", () => {
    const [sentence, ...others] = missing({ ...linuxUser, pullFailure });
    assert.deepEqual(others, []);
    assert.ok(sentence?.includes(`can't pull it: ${pullFailure}.`), sentence);
    assert.match(sentence ?? "", /`docker tag` it debian:bookworm-slim/);
    assert.match(sentence ?? "", /as root on Debian/);
  });

  it("ask for Docker Desktop on macOS, and for nothing of Debian", () => {
    const [sentence, ...others] = missing({
      ...linuxUser,
      platform: "darwin",
      dockerEngine: false,
    });
    assert.deepEqual(others, []);
    assert.match(sentence ?? "", /Install Docker Desktop/);
  });

  it("ask a user on Linux to install Docker, or to start its engine", () => {
    const [install] = missing({
      ...linuxUser,
      dockerCommand: false,
      dockerEngine: false,
    });
    assert.match(install ?? "", /Install it \(https:\/\/docs\.docker/);
    const [start] = missing({ ...linuxUser, dockerEngine: false });
    assert.match(start ?? "", /sudo systemctl start docker/);
    assert.match(start ?? "", /usermod -aG docker/);
  });

  for (const [engine, words] of [
    ["Podman", /`docker` is Podman.+Install Docker's engine/],
    ["rootless Docker", /engine is rootless.+`docker context use default`/],
  ] as const)
    it(`refuse ${engine}, whether it answers or not`, () => {
      for (const machine of [debianRoot, linuxUser]) {
        const sentences = missing({ ...machine, unsupportedEngine: engine });
        assert.equal(sentences.length, 1);
        assert.match(sentences[0] ?? "", words);
      }
    });

  describe("for Go", () => {
    const begin = "The local cluster's programs are built with Go, and ";
    const install = "Install Go 1.26 or newer: https://go.dev/doc/install";
    const go = (version: string, toolchain: string) =>
      missing({ ...linuxUser, go: { version, toolchain } });

    it("ask for it while programs are still to be built", () => {
      const without = { ...linuxUser, go: undefined };
      assert.deepEqual(missing(without), [
        `${begin}there is no \`go\` on the PATH. ${install}`,
      ]);
      assert.deepEqual(missing({ ...without, programs: true }), []);
    });

    it("ask for a newer one before 1.21, which can't download another", () => {
      assert.deepEqual(go("go version go1.19.8 linux/amd64", ""), [
        `${begin}go1.19.8 is too old. ${install}`,
      ]);
      assert.equal(go("go version go1.20 linux/amd64", "").length, 1);
    });

    it("accept 1.21 to 1.25 where they may download another", () => {
      for (const toolchain of ["auto", "path", "go1.26.1"])
        for (const version of ["go1.21.0", "go1.24.4", "go1.25"])
          assert.deepEqual(
            go(`go version ${version} linux/arm64`, toolchain),
            [],
          );
      const [sentence] = go("go version go1.24.4 linux/amd64", "local");
      assert.match(sentence ?? "", /go1\.24\.4 is too old.+GOTOOLCHAIN=auto/);
    });

    it("accept the wanted version, later ones and development versions", () => {
      for (const version of ["go1.26", "go1.27.1", "devel go1.27-4a1f2c"])
        assert.deepEqual(go(`go version ${version} linux/amd64`, "local"), []);
    });

    it("ask for the version in go.mod", () => {
      for (const module of ["go", "language-host"]) {
        const file = join(project, "local/toolchain", module, "go.mod");
        assert.match(readFileSync(file, "utf8"), /^go 1\.26$/m);
      }
    });
  });
});

describe("unsupportedEngine", () => {
  const docker = `Client:
 Version:           28.2.2
 Context:           default

Server:
 Engine:
  Version:          20.10.24+dfsg1
 containerd:
  Version:          1.6.20~ds1
`;

  it("accepts an engine that runs as root, with SELinux or without", () => {
    for (const security of [
      "[name=seccomp,profile=default]",
      "[name=apparmor name=seccomp,profile=builtin name=cgroupns]",
      "[name=seccomp,profile=builtin name=selinux name=cgroupns]",
      "",
    ])
      assert.equal(unsupportedEngine(docker, security), undefined);
  });

  it("recognizes rootless Docker", () => {
    assert.equal(
      unsupportedEngine(
        docker,
        "[name=seccomp,profile=builtin name=rootless name=cgroupns]",
      ),
      "rootless Docker",
    );
  });

  it("recognizes Podman's own docker command", () => {
    const version = `Client:       Podman Engine
Version:      4.3.1
API Version:  4.3.1
`;
    assert.equal(unsupportedEngine(version, ""), "Podman");
  });

  it("recognizes Podman behind Docker's command", () => {
    const version = `${docker.split("Server:")[0]}Server: linux/amd64/debian-12
 Podman Engine:
  Version:          4.3.1
 Conmon:
  Version:          conmon version 2.1.6, commit: unknown
`;
    assert.equal(
      unsupportedEngine(version, "[name=seccomp,profile=default]"),
      "Podman",
    );
  });
});
