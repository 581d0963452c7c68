import assert from "node:assert/strict";
import { loadSettings } from "../../config/load.ts";
import {
  encrypted,
  issuesOf,
  names,
  required,
  settingsOf,
} from "../support/components/configurations.ts";
import { deploy, ends } from "../support/components/engine.ts";
import { useFolders, write } from "../support/folders.ts";

/** A password, which no message may contain. */
const password = "hunter2";
const username = "ada";
const rule =
  'is not named after a registry\'s host: that is a host, optionally with a port, in lower case and without "https://" and path, such as ghcr.io or registry.example.com:5000';
const plain = (host: string) =>
  `marquee:registryCredentials["${host}"].password is not encrypted, so anyone who can read the stack's file knows it. Choose another value, and set it with \`pulumi config set --secret --path 'marquee:registryCredentials["${host}"].password'\`.`;

describe("parseSettings: registryCredentials", () => {
  for (const registryCredentials of [
    undefined,
    {},
    { "ghcr.io": null },
    { "ghcr.io": {} },
  ])
    it(`is left out of the settings if it is ${JSON.stringify(registryCredentials) ?? "undefined"}`, () => {
      assert.ok(
        !("registryCredentials" in settingsOf({ registryCredentials })),
      );
    });

  for (const host of [
    ...["ghcr.io", "docker.io", "localhost", "localhost:5001", "harbor:443"],
    ...["registry.example.com:5000", "127.0.0.1:5001"],
    "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
  ])
    it(`accepts credentials for ${host}`, () => {
      const registryCredentials = { [host]: { username, password } };
      assert.deepEqual(
        settingsOf({ registryCredentials }, encrypted).registryCredentials,
        registryCredentials,
      );
    });

  it("accepts several registries, and omits those without credentials", () => {
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

  describe("invalid values", () => {
    const issuesIn = (
      registryCredentials: unknown,
      isEncrypted = encrypted,
    ) => {
      const issues = issuesOf({ registryCredentials }, isEncrypted);
      assert.ok(!issues.join().includes(password));
      return issues;
    };

    for (const raw of [null, true, 1, "", password, [password]])
      it(`rejects ${JSON.stringify(raw)} instead of a map`, () => {
        assert.deepEqual(issuesIn(raw), [
          "marquee:registryCredentials must be a map of registry hosts to their username and password.",
        ]);
      });

    for (const host of [
      ...["", "ghcr", "Ghcr.io", "https://ghcr.io", "ghcr.io/acme", "ghcr.io/"],
      ...["ghcr.io:", "ghcr.io:http", "*.example.com", "a b.io", "ghcr.io\n"],
    ])
      it(`rejects the host ${JSON.stringify(host)}`, () => {
        assert.deepEqual(issuesIn({ [host]: { username, password } }), [
          `marquee:registryCredentials[${JSON.stringify(host)}] ${rule}.`,
        ]);
      });

    for (const host of ["index.docker.io", "registry-1.docker.io"])
      it(`rejects ${host} instead of docker.io`, () => {
        assert.deepEqual(issuesIn({ [host]: { username, password } }), [
          `marquee:registryCredentials["${host}"] must be named docker.io, as in image references.`,
        ]);
      });

    const at = 'marquee:registryCredentials["ghcr.io"]';
    for (const credentials of [password, 12, true, [password], ""])
      it(`rejects the credentials ${JSON.stringify(credentials)}`, () => {
        assert.deepEqual(issuesIn({ "ghcr.io": credentials }), [
          `${at} must be a map with username and password.`,
        ]);
      });

    it("rejects a missing username", () => {
      assert.deepEqual(issuesIn({ "ghcr.io": { password } }), [
        `${at}.username is missing.`,
      ]);
    });

    for (const username of ["", "a:b", "a\n", "a\u0000", null, 12, ["ada"]])
      it(`rejects the username ${JSON.stringify(username)}`, () => {
        assert.deepEqual(issuesIn({ "ghcr.io": { username, password } }), [
          `${at}.username must be a text that is not empty, without colons and control characters.`,
        ]);
      });

    it("rejects a missing password, and says how to set it", () => {
      assert.deepEqual(
        issuesIn({ "ghcr.io": { username } }, () => false),
        [
          `${at}.password is missing: set it with \`pulumi config set --secret --path '${at}.password'\`.`,
        ],
      );
    });

    for (const password of ["", null, 12, true, ["hunter2"], {}])
      it(`rejects the password ${JSON.stringify(password)}`, () => {
        assert.deepEqual(issuesIn({ "ghcr.io": { username, password } }), [
          `${at}.password must be a text that is not empty.`,
        ]);
      });

    it("rejects a misspelt key", () => {
      assert.deepEqual(
        issuesIn({ "ghcr.io": { usrname: "ada", username, password } }),
        [
          `${at}.usrname is not a setting of a registry: there are username and password. Did you mean username?`,
        ],
      );
    });

    it("rejects a password that is not encrypted, beside one that is", () => {
      const registries = {
        "ghcr.io": { username, password },
        "quay.io": { username, password },
      };
      const queried: string[][] = [];
      const issues = issuesOf(
        { registryCredentials: registries },
        (...path) => {
          queried.push(path);
          return path[1] === "ghcr.io";
        },
      );
      assert.deepEqual(issues, [plain("quay.io")]);
      assert.deepEqual(queried, [
        ["registryCredentials", "ghcr.io", "password"],
        ["registryCredentials", "quay.io", "password"],
      ]);
    });
  });
});

describe("loadSettings: registryCredentials", () => {
  const useFolder = useFolders();
  const cwd = process.cwd();
  const key = "marquee:registryCredentials";
  const registryCredentials = { "ghcr.io": { username, password } };
  beforeEach(() => process.chdir(useFolder()));
  afterEach(() => process.chdir(cwd));

  /** Loads the settings with this password in the stack's file. */
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

  it("accepts a password that is encrypted in the stack's file", async () => {
    const { outputs } = await load({ secure: "v1:q8o1c2VjcmV0:Z29vZCBsdWNr" });
    assert.deepEqual(outputs.registryCredentials, registryCredentials);
  });

  it("rejects a password that is plain in the stack's file", () =>
    ends(
      load(password),
      /registryCredentials\["ghcr\.io"\]\.password is not encrypted/,
    ));
});
