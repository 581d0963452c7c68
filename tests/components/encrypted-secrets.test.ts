import assert from "node:assert/strict";
import { encryptedValues } from "../../components/secrets.ts";
import { loadSettings } from "../../components/settings.ts";
import {
  names,
  plain,
  required,
} from "../support/components/configurations.ts";
import { deploy, ends } from "../support/components/engine.ts";
import { useFolders, write } from "../support/folders.ts";

/** A secret's value: nobody may read it in any sentence. */
const value = "hunter2";

/** For the suite that calls it: each test in a project folder of its own, without a stack's file. */
function useProject() {
  const useFolder = useFolders();
  const cwd = process.cwd();
  beforeEach(() => process.chdir(useFolder()));
  afterEach(() => process.chdir(cwd));
}

/** As Pulumi keeps what it encrypted. */
const secure = { secure: "v1:q8o1c2VjcmV0:Z29vZCBsdWNr" };
/** A stack's file with these secrets, in JSON, which is YAML too. */
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

  /** Whether these variables are encrypted, as `service.NAME`, with these files and with what the engine says is encrypted. */
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
    ["that some are", [key]],
    ["that none is", []],
    ["nothing", undefined],
  ];
  for (const [says, encrypted] of whatever) {
    it(`tells one that is encrypted from one that is not in the same file, where the engine says ${says}`, async () => {
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

    it(`looks at each service by itself, where the engine says ${says}`, async () => {
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

  it("reads the key without the project's name, which Pulumi takes for the same", async () => {
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
    it(`has ${JSON.stringify(plain)} for not encrypted, whatever the engine says of another`, async () => {
      const secrets = { auth: { TOKEN: plain, KEY: secure } };
      assert.deepEqual(
        await tells(["auth.TOKEN"], { "Pulumi.dev.yaml": file(secrets) }, [
          key,
        ]),
        [false],
      );
    });

  describe("goes by the engine where", () => {
    const other = file({ auth: { TOKEN: value } });
    const rows: [title: string, files: Record<string, string>][] = [
      ["there is no file", {}],
      ["the whole map is encrypted", { "Pulumi.dev.yaml": file(secure) }],
      [
        "all of a service is encrypted",
        { "Pulumi.dev.yaml": file({ auth: secure }) },
      ],
      ["the file says none", { "Pulumi.dev.yaml": file(undefined) }],
      [
        "the file says nothing after the key",
        { "Pulumi.dev.yaml": file(null) },
      ],
      [
        "the file says none of that service",
        { "Pulumi.dev.yaml": file({ payment: { TOKEN: value } }) },
      ],
      [
        "the file says nothing after the service",
        { "Pulumi.dev.yaml": file({ auth: null }) },
      ],
      [
        "the file says not that one",
        { "Pulumi.dev.yaml": file({ auth: { KEY: value } }) },
      ],
      ["the file is empty", { "Pulumi.dev.yaml": "" }],
      ["the file has no configuration", { "Pulumi.dev.yaml": "config:\n" }],
      [
        "the file has another project's",
        { "Pulumi.dev.yaml": other.replace("marquee:s", "tv:s") },
      ],
      ["the file is another stack's", { "Pulumi.prod.yaml": other }],
      ["the file is the project's", { "Pulumi.yaml": other }],
      ["the file is in another folder", { "stacks/Pulumi.dev.yaml": other }],
    ];
    for (const [title, files] of rows)
      it(`${title}: it is encrypted if any is`, async () => {
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

describe("loadSettings, of secrets,", () => {
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
  const says = (mistake: string) =>
    `The configuration of stack dev has a mistake, so nothing was built or changed:\n  - ${mistake}\n` +
    "It is in Pulumi.dev.yaml; `pulumi config set --path 'marquee:services.auth.replicas' 3` sets one value.";

  it("reads them as the map that Pulumi hands over as JSON, where it says that they are encrypted", async () => {
    const { outputs } = await load(JSON.stringify(good), [
      "aws:token",
      "marquee:secrets",
    ]);
    assert.deepEqual(outputs.secrets, good);
  });

  for (const encrypted of [undefined, [], ["marquee:services"], ["secrets"]])
    it(`ends where Pulumi says that what is encrypted is ${JSON.stringify(encrypted) ?? "nothing"}`, () =>
      ends(load(JSON.stringify(good), encrypted), says(plain("auth.TOKEN"))));

  it("ends where one of two in the stack's file is not encrypted, though the engine says that some are, and names that one", () => {
    write(".", {
      "Pulumi.dev.yaml": file({ auth: { TOKEN: secure, KEY: value } }),
    });
    const secrets = { auth: { TOKEN: "pa55word", KEY: value } };
    return ends(load(JSON.stringify(secrets), [key]), says(plain("auth.KEY")));
  });

  it("reads those that the stack's file has encrypted", async () => {
    write(".", {
      "Pulumi.dev.yaml": file({ auth: { TOKEN: secure }, payment: {} }),
    });
    const { outputs } = await load(JSON.stringify({ ...good, payment: {} }), [
      key,
    ]);
    assert.deepEqual(outputs.secrets, good);
  });

  it("reads a map that the stack's file has encrypted as a whole", async () => {
    write(".", { "Pulumi.dev.yaml": file(secure) });
    const { outputs } = await load(JSON.stringify(good), [key]);
    assert.deepEqual(outputs.secrets, good);
  });

  it("ends without saying a secret that was set in place of the map", () =>
    ends(load(value, ["marquee:secrets"]), says(noMap)));

  it("ends without saying what of a map can't be read", () =>
    ends(
      load(`{"auth": {"TOKEN": "${value}"`, ["marquee:secrets"]),
      says(noMap),
    ));
});
