import assert from "node:assert/strict";
import { type Machine, missing } from "../../local/requirements.ts";

describe("What a machine lacks", () => {
  const bareDebian: Machine = {
    platform: "linux",
    root: true,
    canInstall: true,
    dockerCommand: false,
    dockerEngine: false,
    images: false,
    go: true,
    programs: false,
  };
  const mac: Machine = {
    ...bareDebian,
    platform: "darwin",
    root: false,
    canInstall: false,
  };

  it("is nothing for root on Debian with Go: the rest is brought", () => {
    assert.deepEqual(missing(bareDebian), []);
  });

  it("is Go, where programs are still to be built", () => {
    assert.deepEqual(missing({ ...bareDebian, go: false }), [
      "The local cluster's programs are built with Go, and there is no `go` on the PATH. Install Go 1.26 or newer: https://go.dev/doc/install",
    ]);
    assert.deepEqual(missing({ ...bareDebian, go: false, programs: true }), []);
  });

  it("is Docker Desktop and a Debian machine on a Mac, told at once", () => {
    const sentences = missing(mac);
    assert.equal(sentences.length, 2);
    assert.match(sentences[0] ?? "", /Install Docker Desktop/);
    assert.match(sentences[1] ?? "", /as root, on Debian/);
  });

  it("is an engine that runs, for who is not root on Linux", () => {
    const linux = { ...mac, platform: "linux", images: true } as const;
    assert.match(
      missing(linux)[0] ?? "",
      /Install it \(https:\/\/docs\.docker/,
    );
    const [stopped] = missing({ ...linux, dockerCommand: true });
    assert.match(stopped ?? "", /sudo systemctl start docker/);
    assert.match(stopped ?? "", /usermod -aG docker/);
    assert.deepEqual(missing({ ...linux, dockerEngine: true }), []);
  });
});
