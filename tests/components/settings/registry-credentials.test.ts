import assert from "node:assert/strict";
import { loadSettings } from "../../../components/settings.ts";
import {
  encrypted,
  mistakesOf,
  names,
  required,
  settingsOf,
} from "../../support/components/configurations.ts";
import { deploy, ends } from "../../support/components/engine.ts";
import { useFolders, write } from "../../support/folders.ts";

/** A password that no sentence may contain. */
const password = "hunter2";
const username = "ada";
const rule =
  'is not named after a registry\'s host: that is a host, maybe with a port, in small letters and without "https://" and path, such as ghcr.io or registry.example.com:5000';
const plain = (host: string) =>
  `marquee:registryCredentials["${host}"].password is not encrypted, so whoever sees the stack's file knows it. Think of another value, and set that one with \`pulumi config set --secret --path 'marquee:registryCredentials["${host}"].password'\`.`;

describe("parseSettings, of registryCredentials,", () => {
  for (const registryCredentials of [
    undefined,
    {},
    { "ghcr.io": null },
    { "ghcr.io": {} },
  ])
    it(`has none for ${JSON.stringify(registryCredentials) ?? "nothing"}`, () => {
      assert.ok(
        !("registryCredentials" in settingsOf({ registryCredentials })),
      );
    });

  for (const host of [
    ...["ghcr.io", "docker.io", "localhost", "localhost:5001", "harbor:443"],
    ...["registry.example.com:5000", "127.0.0.1:5001"],
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
  ])
    it(`takes credentials for ${host}`, () => {
      const registryCredentials = { [host]: { username, password } };
      assert.deepEqual(
        settingsOf({ registryCredentials }, encrypted).registryCredentials,
        registryCredentials,
      );
    });

  it("takes several registries, and leaves out those without credentials", () => {
    const registryCredentials = {
      "ghcr.io": { username, password },
      "docker.io": { username: "_json_key", password: '{\n "key": ":"\n}' },
      "quay.io": null,
    };
    const { "quay.io": _, ...others } = registryCredentials;
    assert.deepEqual(
      settingsOf({ registryCredentials }, encrypted).registryCredentials,
      others,
    );
  });

  describe("of a mistake in", () => {
    const told = (registryCredentials: unknown, isEncrypted = encrypted) => {
      const mistakes = mistakesOf({ registryCredentials }, isEncrypted);
      assert.ok(!mistakes.join().includes(password));
      return mistakes;
    };

    for (const raw of [null, true, 1, "", password, [password]])
      it(`the map: ${JSON.stringify(raw)}`, () => {
        assert.deepEqual(told(raw), [
          "marquee:registryCredentials must be a map of registry hosts to their username and password.",
        ]);
      });

    for (const host of [
      ...["", "ghcr", "Ghcr.io", "https://ghcr.io", "ghcr.io/acme", "ghcr.io/"],
      ...["ghcr.io:", "ghcr.io:http", "*.example.com", "a b.io", "ghcr.io\n"],
    ])
      it(`a host: ${JSON.stringify(host)}`, () => {
        assert.deepEqual(told({ [host]: { username, password } }), [
          `marquee:registryCredentials[${JSON.stringify(host)}] ${rule}.`,
        ]);
      });

    for (const host of ["index.docker.io", "registry-1.docker.io"])
      it(`Docker Hub's host: ${host}`, () => {
        assert.deepEqual(told({ [host]: { username, password } }), [
          `marquee:registryCredentials["${host}"] must be named docker.io, as in image references.`,
        ]);
      });

    const at = 'marquee:registryCredentials["ghcr.io"]';
    for (const credentials of [password, 12, true, [password], ""])
      it(`a registry's credentials: ${JSON.stringify(credentials)}`, () => {
        assert.deepEqual(told({ "ghcr.io": credentials }), [
          `${at} must be a map with username and password.`,
        ]);
      });

    it("a missing username", () => {
      assert.deepEqual(told({ "ghcr.io": { password } }), [
        `${at}.username is missing.`,
      ]);
    });

    for (const username of ["", "a:b", "a\n", "a\u0000", null, 12, ["ada"]])
      it(`a username: ${JSON.stringify(username)}`, () => {
        assert.deepEqual(told({ "ghcr.io": { username, password } }), [
          `${at}.username must be a text that is not empty, without colons and control characters.`,
        ]);
      });

    it("a missing password, with how to set it", () => {
      assert.deepEqual(
        told({ "ghcr.io": { username } }, () => false),
        [
          `${at}.password is missing: set it with \`pulumi config set --secret --path '${at}.password'\`.`,
        ],
      );
    });

    for (const password of ["", null, 12, true, ["hunter2"], {}])
      it(`a password: ${JSON.stringify(password)}`, () => {
        assert.deepEqual(told({ "ghcr.io": { username, password } }), [
          `${at}.password must be a text that is not empty.`,
        ]);
      });

    it("a misspelt key", () => {
      assert.deepEqual(
        told({ "ghcr.io": { usrname: "ada", username, password } }),
        [
          `${at}.usrname is not a setting of a registry: there are username and password. Did you mean username?`,
        ],
      );
    });

    it("a password that is not encrypted, beside one that is", () => {
      const registries = {
        "ghcr.io": { username, password },
        "quay.io": { username, password },
      };
      const asked: string[][] = [];
      const mistakes = mistakesOf(
        { registryCredentials: registries },
        (...path) => {
          asked.push(path);
          return path[1] === "ghcr.io";
        },
      );
      assert.deepEqual(mistakes, [plain("quay.io")]);
      assert.deepEqual(asked, [
        ["registryCredentials", "ghcr.io", "password"],
        ["registryCredentials", "quay.io", "password"],
      ]);
    });
  });
});

describe("loadSettings, of registryCredentials,", () => {
  const useFolder = useFolders();
  const cwd = process.cwd();
  const key = "marquee:registryCredentials";
  const registryCredentials = { "ghcr.io": { username, password } };
  beforeEach(() => process.chdir(useFolder()));
  afterEach(() => process.chdir(cwd));

  /** With this password in the stack's file, as Pulumi keeps it there. */
  const load = (kept: unknown) => {
    const config = { [key]: { "ghcr.io": { username, password: kept } } };
    write(".", { "Pulumi.dev.yaml": JSON.stringify({ config }) });
    return deploy(() => loadSettings(names), {
      config: {
        "marquee:context": required.context,
        "marquee:registry": required.registry,
        [key]: JSON.stringify(registryCredentials),
      },
      encrypted: [key],
    });
  };

  it("takes a password that is encrypted in the stack's file", async () => {
    const { outputs } = await load({ secure: "v1:q8o1c2VjcmV0:Z29vZCBsdWNr" });
    assert.deepEqual(outputs.registryCredentials, registryCredentials);
  });

  it("refuses one that is not", () =>
    ends(
      load(password),
      /registryCredentials\["ghcr\.io"\]\.password is not encrypted/,
    ));
});
