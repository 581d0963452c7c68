import assert from "node:assert/strict";
import { unsupportedEngine } from "../../../local/docker/engine.ts";
import { type Machine, missing } from "../../../local/host/requirements.ts";

const debianRoot: Machine = {
  platform: "linux",
  root: true,
  canInstall: true,
  dockerCommand: false,
  dockerEngine: { state: "absent" },
};
const linuxUser: Machine = {
  ...debianRoot,
  root: false,
  canInstall: false,
  dockerCommand: true,
  dockerEngine: {
    state: "answers",
    info: { memoryBytes: 8 * 2 ** 30, dataFolder: "/var/lib/docker" },
  },
};
const absent = { state: "absent" } as const;
const pullFailure =
  'Get "https://registry-1.docker.io/v2/": dial tcp: no such host';

describe("Requirements of a local cluster", () => {
  it("are met for root on Debian with nothing else", () => {
    assert.deepEqual(missing(debianRoot), []);
    assert.deepEqual(missing({ ...debianRoot, pullFailure }), []);
  });

  it("are met for a user on Linux or macOS with a Docker engine", () => {
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

  it("ask for Docker Desktop on macOS, and for nothing related to Debian", () => {
    const [sentence, ...others] = missing({
      ...linuxUser,
      platform: "darwin",
      dockerEngine: absent,
    });
    assert.deepEqual(others, []);
    assert.match(sentence ?? "", /Install Docker Desktop/);
  });

  it("ask a user on Linux to install Docker, or to start its engine", () => {
    const [install] = missing({
      ...linuxUser,
      dockerCommand: false,
      dockerEngine: absent,
    });
    assert.match(install ?? "", /Install it \(https:\/\/docs\.docker/);
    const [start] = missing({ ...linuxUser, dockerEngine: absent });
    assert.match(start ?? "", /sudo systemctl start docker/);
    assert.doesNotMatch(start ?? "", /usermod/);
  });

  it("ask a user whom Docker denies access to join its group", () => {
    const [sentence, ...others] = missing({
      ...linuxUser,
      dockerEngine: {
        state: "denies access",
        address: "unix:///var/run/docker.sock",
      },
    });
    assert.deepEqual(others, []);
    assert.match(
      sentence ?? "",
      /denies access .+ at unix:\/\/\/var\/run\/docker\.sock\. .+usermod -aG docker/,
    );
    assert.doesNotMatch(sentence ?? "", /systemctl/);
  });

  it("ask for a restart of an engine that hangs, of root on Debian as well", () => {
    for (const machine of [linuxUser, debianRoot]) {
      const [sentence, ...others] = missing({
        ...machine,
        dockerEngine: { state: "hangs" },
      });
      assert.deepEqual(others, []);
      assert.match(
        sentence ?? "",
        /does not answer within 20 s\..+systemctl restart docker/,
      );
    }
  });

  for (const [engine, words] of [
    ["Podman", /`docker` is Podman.+Install Docker's engine/],
    ["rootless Docker", /engine is rootless.+`docker context use default`/],
  ] as const)
    it(`reject ${engine}, whether it answers or not`, () => {
      for (const machine of [debianRoot, linuxUser]) {
        const sentences = missing({ ...machine, unsupportedEngine: engine });
        assert.equal(sentences.length, 1);
        assert.match(sentences[0] ?? "", words);
      }
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
