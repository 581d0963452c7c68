import assert from "node:assert/strict";
import type { IsEncrypted } from "../../../components/secrets.ts";
import {
  encrypted,
  mistakesOf,
  plain,
  settingsOf,
} from "../../support/components/configurations.ts";

/** A secret's value: nobody may read it in any sentence. */
const value = "hunter2";
const [id, key] = ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
const media = { bucket: "films" };
const secrets = { streaming: { [id]: value, [key]: value } };

/** That the bucket lacks a secret, with what to do. */
const missing = (name: typeof id | typeof key) =>
  `marquee:secrets.streaming.${name} is missing, and titles are in media.bucket: set ${
    { [id]: "the access key's id", [key]: "the secret access key" }[name]
  } with \`pulumi config set --secret --path 'marquee:secrets.streaming.${name}'\`.`;

/** What is said of a configuration, whose secrets are encrypted; no value of theirs is in it. */
const told = (
  changes: Record<string, unknown>,
  isEncrypted: IsEncrypted = encrypted,
) => {
  const mistakes = mistakesOf(changes, isEncrypted);
  assert.ok(!mistakes.join().includes(value));
  return mistakes;
};

describe("parseSettings, of media's secrets,", () => {
  describe("where streaming runs elsewhere,", () => {
    const services = {
      streaming: { type: "ExternalName", externalName: "tv.example.com" },
    };

    it("asks for none of a bucket's", () => {
      assert.deepEqual(told({ media, services }), []);
      assert.deepEqual(settingsOf({ media, services }).media, media);
    });

    it("still checks the bucket", () => {
      assert.deepEqual(told({ media: { bucket: "F" }, services }), [
        'marquee:media.bucket is "F": it must be a bucket\'s name, 3 to 63 small letters, digits, dots and hyphens.',
      ]);
    });

    it("takes none", () => {
      assert.deepEqual(told({ media, services, secrets }), [
        "marquee:secrets.streaming is for nobody, as streaming runs elsewhere: services.streaming.type is ExternalName.",
      ]);
    });
  });

  describe("of a mistake in a bucket's:", () => {
    const both = [missing(id), missing(key)];
    const noMap =
      "marquee:secrets.streaming must be a map of environment variables and their values.";
    const rows: [secrets: unknown, ...mistakes: string[]][] = [
      [undefined, ...both],
      [{}, ...both],
      [{ streaming: null }, ...both],
      [{ streaming: {} }, ...both],
      [{ streaming: { [id]: value } }, missing(key)],
      [{ streaming: { [key]: value } }, missing(id)],
      [{ streaming: { [id.toLowerCase()]: value } }, ...both],
      [{ streaming: { AWS_ACCESS_KEY_ID: value } }, ...both],
      [{ auth: secrets.streaming }, ...both],
      [{ streaming: value }, noMap, ...both],
      [{ streaming: [value, value] }, noMap, ...both],
      [
        { streaming: { [id]: "", [key]: value } },
        `marquee:secrets.streaming.${id} must be a text that is not empty.`,
      ],
      [
        { streaming: { [id]: null } },
        `marquee:secrets.streaming.${id} must be a text that is not empty.`,
        missing(key),
      ],
    ];
    for (const [secrets, ...mistakes] of rows)
      it(`${JSON.stringify(secrets) ?? "none"} is a mistake`, () => {
        assert.deepEqual(told({ media, secrets }), mistakes);
      });

    it("both are to be encrypted, and one that is not is not missing", () => {
      const isEncrypted = (...path: string[]) => path.at(-1) !== key;
      assert.deepEqual(told({ media, secrets }, isEncrypted), [
        plain(`streaming.${key}`),
      ]);
      assert.deepEqual(
        told({ media, secrets }, () => false),
        [plain(`streaming.${id}`), plain(`streaming.${key}`)],
      );
    });
  });

  describe("of a mistake in those that would be settings:", () => {
    for (const name of [
      ...["S3_BUCKET", "S3_REGION", "S3_ENDPOINT", "S3_PREFIX"],
      ...["MEDIA_FOLDER", "TRUSTED_PROXIES", "AUTH_URL", "PAYMENT_URL"],
      ...["ISSUER", "PROCESSOR", "PORT", "DATABASE_URL"],
    ])
      for (const service of ["streaming", "auth"])
        it(`${name} of ${service} is a mistake`, () => {
          assert.deepEqual(
            told({ secrets: { [service]: { [name]: value } } }),
            [
              `marquee:secrets.${service}.${name} can't be set here: Marquee sets it itself.`,
            ],
          );
        });

    it("others that begin or end like them are none", () => {
      const all = {
        streaming: {
          ...{
            S3_BUCKETS: value,
            MY_S3_BUCKET: value,
            S3_SESSION_TOKEN: value,
          },
          ...{ AUTH_URLS: value, STREAMING_URL: value, PLAYBACK_KEY: value },
          ...{
            MEDIA_FOLDERS: value,
            TRUSTED_PROXIES_: value,
            s3_bucket: value,
          },
        },
      };
      assert.deepEqual(settingsOf({ secrets: all }, encrypted).secrets, all);
    });
  });

  for (const media of [undefined, {}, { volumeClaim: "films" }])
    it(`needs none for ${JSON.stringify(media) ?? "nothing"}`, () => {
      assert.deepEqual(settingsOf({ media }).media, media ?? {});
    });

  it("takes them where no bucket is: they are there before, or after it", () => {
    for (const media of [undefined, { volumeClaim: "films" }])
      assert.deepEqual(
        settingsOf({ media, secrets }, encrypted).secrets,
        secrets,
      );
  });

  it("takes a bucket with its two secrets, which are none of its settings", () => {
    const settings = settingsOf({ media, secrets }, encrypted);
    assert.deepEqual(settings.media, media);
    assert.deepEqual(settings.secrets, secrets);
  });
});
