import assert from "node:assert/strict";
import { encryptedValues, loadSettings } from "../../config/load.ts";
import {
  names,
  plain,
  required,
} from "../support/components/configurations.ts";
import { deploy, ends } from "../support/components/engine.ts";
import { useFolders, write } from "../support/folders.ts";

/** A secret's value, which no message may contain. */
const value = "hunter2";

/** Runs each test of the calling suite in its own project folder, which has no stack file. */
function useProject() {
  const useFolder = useFolders();
  const cwd = process.cwd();
  beforeEach(() => process.chdir(useFolder()));
  afterEach(() => process.chdir(cwd));
}

/** An encrypted value as Pulumi stores it. */
const secure = { secure: "v1:q8o1c2VjcmV0:Z29vZCBsdWNr" };
/** A stack's file with these secrets, in JSON, which is also YAML. */
const file = (secrets: unknown) =>
  JSON.stringify({
    config: {
      "marquee:context": "here",
      ...(secrets !== undefined && { "marquee:secrets": secrets }),
    },
  });
const key = "marquee:secrets";

describe("encryptedValues", () => {
  useProject();

  /** Whether each variable, as `service.NAME`, is encrypted, with these files and secret keys of the engine. */
  async function tells(
    variables: string[],
    files: Record<string, string>,
    encrypted?: string[],
    stack = "dev",
  ) {
    write(".", files);
    const { outputs } = await deploy(
      () => {
        const isEncrypted = encryptedValues();
        return variables.map((variable) =>
          isEncrypted("secrets", ...variable.split(".")),
        );
      },
      { stack, ...(encrypted && { encrypted }) },
    );
    return outputs;
  }

  const whatever: [says: string, encrypted: string[] | undefined][] = [
    ["lists the key as secret", [key]],
    ["lists no secret keys", []],
    ["sends no list of secret keys", undefined],
  ];
  for (const [says, encrypted] of whatever) {
    it(`distinguishes an encrypted from a plain value in the same file, when the engine ${says}`, async () => {
      const secrets = { auth: { TOKEN: secure, KEY: value } };
      assert.deepEqual(
        await tells(
          ["auth.TOKEN", "auth.KEY"],
          { "Pulumi.dev.yaml": file(secrets) },
          encrypted,
        ),
        [true, false],
      );
    });

    it(`checks each service separately, when the engine ${says}`, async () => {
      const secrets = { auth: { TOKEN: secure }, streaming: { TOKEN: value } };
      assert.deepEqual(
        await tells(
          ["auth.TOKEN", "streaming.TOKEN"],
          { "Pulumi.dev.yaml": file(secrets) },
          encrypted,
        ),
        [true, false],
      );
    });
  }

  it("reads the file as Pulumi writes it", async () => {
    const yaml = `# A comment
encryptionsalt: v1:1AB8RS5pUb0=:v1:TJA4N8AKFKoUTSjW:v/KL1zgkr8QTZHWbxv08bB/vcKHlcg==
config:
  marquee:context: here
  marquee:secrets:
    auth:
      KEY: ${value}
      TOKEN:
        secure: v1:q8o1c2VjcmV0:Z29vZCBsdWNr
`;
    assert.deepEqual(
      await tells(["auth.KEY", "auth.TOKEN"], { "Pulumi.dev.yaml": yaml }, [
        key,
      ]),
      [false, true],
    );
  });

  it("reads the key without the project's name, which Pulumi treats as the same key", async () => {
    const secrets = { auth: { TOKEN: secure, KEY: value } };
    assert.deepEqual(
      await tells(
        ["auth.TOKEN", "auth.KEY"],
        { "Pulumi.dev.yaml": JSON.stringify({ config: { secrets } }) },
        [key],
      ),
      [true, false],
    );
  });

  for (const plain of [value, "", "secure", 12, true, null, [], {}, [secure]])
    it(`treats ${JSON.stringify(plain)} as not encrypted, although the engine lists the key as secret`, async () => {
      const secrets = { auth: { TOKEN: plain, KEY: secure } };
      assert.deepEqual(
        await tells(["auth.TOKEN"], { "Pulumi.dev.yaml": file(secrets) }, [
          key,
        ]),
        [false],
      );
    });

  describe("fallback to the engine", () => {
    const other = file({ auth: { TOKEN: value } });
    const rows: [title: string, files: Record<string, string>][] = [
      ["the stack has no file", {}],
      ["the whole map is encrypted", { "Pulumi.dev.yaml": file(secure) }],
      [
        "the service's map is encrypted as a whole",
        { "Pulumi.dev.yaml": file({ auth: secure }) },
      ],
      ["the file has no secrets", { "Pulumi.dev.yaml": file(undefined) }],
      ["the secrets are null in the file", { "Pulumi.dev.yaml": file(null) }],
      [
        "the file has no secrets of that service",
        { "Pulumi.dev.yaml": file({ payment: { TOKEN: value } }) },
      ],
      [
        "the service's secrets are null in the file",
        { "Pulumi.dev.yaml": file({ auth: null }) },
      ],
      [
        "the file lacks that variable",
        { "Pulumi.dev.yaml": file({ auth: { KEY: value } }) },
      ],
      ["the file is empty", { "Pulumi.dev.yaml": "" }],
      ["the file has no configuration", { "Pulumi.dev.yaml": "config:\n" }],
      [
        "the file has another project's secrets",
        { "Pulumi.dev.yaml": other.replace("marquee:s", "tv:s") },
      ],
      ["the file belongs to another stack", { "Pulumi.prod.yaml": other }],
      ["only the project's file has secrets", { "Pulumi.yaml": other }],
      ["the file is in another folder", { "stacks/Pulumi.dev.yaml": other }],
    ];
    for (const [title, files] of rows)
      it(`treats a value as encrypted if the engine lists the key as secret, when ${title}`, async () => {
        const tokens = ["auth.TOKEN"];
        const others = ["marquee:services", "secrets", "tv:secrets"];
        assert.deepEqual(await tells(tokens, files, [...others, key]), [true]);
        assert.deepEqual(await tells(tokens, files, others), [false]);
        assert.deepEqual(await tells(tokens, files, []), [false]);
        assert.deepEqual(await tells(tokens, files), [false]);
      });
  });

  it("reads the current stack's file", async () => {
    const files = {
      "Pulumi.dev.yaml": file({ auth: { TOKEN: value } }),
      "Pulumi.prod.yaml": file({ auth: { TOKEN: secure } }),
    };
    assert.deepEqual(await tells(["auth.TOKEN"], files, [key]), [false]);
    assert.deepEqual(await tells(["auth.TOKEN"], files, [], "prod"), [true]);
  });
});

describe("loadSettings: secrets", () => {
  useProject();

  const good = { auth: { TOKEN: value } };
  const noMap =
    "marquee:secrets must be a map: per service, environment variables and their values.";
  const load = (secrets: string, encrypted?: string[]) =>
    deploy(() => loadSettings(names), {
      config: {
        "marquee:context": required.context,
        "marquee:registry": required.registry,
        "marquee:secrets": secrets,
      },
      ...(encrypted && { encrypted }),
    });
  const says = (issue: string) =>
    `The configuration of stack dev is invalid, so nothing was built or changed:\n  - ${issue}\n` +
    "It is in Pulumi.dev.yaml; `pulumi config set --path 'marquee:services.auth.replicas' 3` sets one value.";

  it("reads the map that Pulumi passes as JSON, if the engine lists the key as secret", async () => {
    const { outputs } = await load(JSON.stringify(good), [
      "aws:token",
      "marquee:secrets",
    ]);
    assert.deepEqual(outputs.secrets, good);
  });

  for (const encrypted of [undefined, [], ["marquee:services"], ["secrets"]])
    it(`rejects a map if the engine's list of secret keys is ${JSON.stringify(encrypted) ?? "missing"}`, () =>
      ends(load(JSON.stringify(good), encrypted), says(plain("auth.TOKEN"))));

  it("rejects and names a plain value in the stack's file, although the engine lists the key as secret", () => {
    write(".", {
      "Pulumi.dev.yaml": file({ auth: { TOKEN: secure, KEY: value } }),
    });
    const secrets = { auth: { TOKEN: "pa55word", KEY: value } };
    return ends(load(JSON.stringify(secrets), [key]), says(plain("auth.KEY")));
  });

  it("reads values that are encrypted in the stack's file", async () => {
    write(".", {
      "Pulumi.dev.yaml": file({ auth: { TOKEN: secure }, payment: {} }),
    });
    const { outputs } = await load(JSON.stringify({ ...good, payment: {} }), [
      key,
    ]);
    assert.deepEqual(outputs.secrets, good);
  });

  it("reads a map that is encrypted as a whole in the stack's file", async () => {
    write(".", { "Pulumi.dev.yaml": file(secure) });
    const { outputs } = await load(JSON.stringify(good), [key]);
    assert.deepEqual(outputs.secrets, good);
  });

  it("rejects a secret that was set instead of the map, without quoting it", () =>
    ends(load(value, ["marquee:secrets"]), says(noMap)));

  it("rejects a map that is invalid JSON, without quoting it", () =>
    ends(
      load(`{"auth": {"TOKEN": "${value}"`, ["marquee:secrets"]),
      says(noMap),
    ));
});
