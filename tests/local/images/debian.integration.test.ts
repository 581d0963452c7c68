import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ensureDockerEngine } from "../../../local/docker/daemon.ts";
import { enginePlatform } from "../../../local/docker/platform.ts";
import {
  acquireSettings,
  debianImage,
  pullDebianImage,
  sourcesFile,
} from "../../../local/images/debian.ts";
import { useFolders } from "../../support/folders.ts";

describe("pullDebianImage", function () {
  this.timeout("10m"); // an engine may have to be installed
  const useFolder = useFolders();
  const path = process.env.PATH;
  before(ensureDockerEngine);
  afterEach(() => {
    process.env.PATH = path;
  });
  const image = "debian:bookworm-slim";

  /** Runs pullDebianImage with the official image for this platform, or without it; returns its Docker commands. */
  async function changes(officialImage: string | undefined): Promise<string> {
    const bin = useFolder({
      docker: `#!/bin/sh
case "$*" in
"image inspect ${debianImage}") exit 1 ;;
"image inspect "*) ${officialImage ? `echo ${officialImage}` : "exit 1"} ;;
*) echo "$*" >>"$(dirname "$0")/changes" ;;
esac
`,
    });
    chmodSync(join(bin, "docker"), 0o755);
    process.env.PATH = `${bin}${delimiter}${path}`;
    assert.equal(await pullDebianImage(), undefined);
    const file = join(bin, "changes");
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }

  it("pulls the official image for the engine's platform", async () => {
    const platform = await enginePlatform();
    assert.equal(
      await changes(undefined),
      `pull --quiet --platform ${platform} ${image}\ntag ${image} ${debianImage}\n`,
    );
  });

  it("pulls nothing if Docker has the image for that platform", async () => {
    assert.equal(
      await changes(await enginePlatform()),
      `tag ${image} ${debianImage}\n`,
    );
  });

  it("pulls the image if Docker has it for another platform", async () => {
    const platform = await enginePlatform();
    assert.equal(
      await changes(platform === "linux/amd64" ? "linux/arm64" : "linux/amd64"),
      `pull --quiet --platform ${platform} ${image}\ntag ${image} ${debianImage}\n`,
    );
  });
});

describe("acquireSettings", () => {
  it("keeps proxies, checks and limits of downloads", () => {
    const settings = `Acquire::http::Proxy "http://proxy.example:3128";
Acquire::http::Proxy::mirror.example "DIRECT";
Acquire::https::Timeout "10";
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
Acquire::ForceIPv4 "true";
`;
    assert.equal(acquireSettings(settings), settings);
  });

  it("omits files of the machine, empty settings and settings that are not about downloads", () => {
    assert.equal(
      acquireSettings(`Acquire "";
Acquire::http "";
Acquire::http::Proxy-Auto-Detect "/usr/bin/auto-apt-proxy";
Acquire::https::CAInfo "/etc/ssl/certs/acme.pem";
Acquire::IndexTargets::deb::DEP-11::MetaKey "$(COMPONENT)/dep11/Components.yml";
Acquire::Languages:: "none";`),
      "",
    );
  });
});

describe("sourcesFile", () => {
  it("has a deb822 paragraph for each suite, with only main", () => {
    const uri = "http://deb.debian.org/debian";
    assert.equal(
      sourcesFile([
        { uri, suite: "bookworm" },
        { uri, suite: "bookworm-updates" },
      ]),
      `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
    );
  });
});
