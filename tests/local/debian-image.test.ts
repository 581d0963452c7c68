import assert from "node:assert/strict";
import { acquireSettings, sourcesFile } from "../../local/debian-image.ts";

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

  it("leaves out files of the machine, empty settings, and what says nothing of downloads", () => {
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
  it("has a paragraph of apt's format for each suite, with main alone", () => {
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
