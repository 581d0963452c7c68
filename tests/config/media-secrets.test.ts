import assert from "node:assert/strict";
import type { IsEncrypted } from "../../config/encryption.ts";
import {
  encrypted,
  issuesOf,
  plain,
  settingsOf,
} from "../support/components/configurations.ts";

/** A secret's value, which no message may contain. */
const value = "hunter2";
const [id, key] = ["S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"] as const;
const media = { bucket: "films" };
const secrets = { streaming: { [id]: value, [key]: value } };

/** The message about a missing secret of the bucket. */
const missing = (name: typeof id | typeof key) =>
  `marquee:secrets.streaming.${name} is missing, and titles are in media.bucket: set ${
    { [id]: "the access key's id", [key]: "the secret access key" }[name]
  } with \`pulumi config set --secret --path 'marquee:secrets.streaming.${name}'\`.`;

/** The issues in a configuration, none of which contains a secret's value. */
const issuesIn = (
  changes: Record<string, unknown>,
  isEncrypted: IsEncrypted = encrypted,
) => {
  const issues = issuesOf(changes, isEncrypted);
  assert.ok(!issues.join().includes(value));
  return issues;
};

describe("parseSettings: secrets of media", () => {
  describe("streaming that runs elsewhere", () => {
    const services = {
      streaming: { type: "ExternalName", externalName: "tv.example.com" },
    };

    it("needs no secrets for a bucket", () => {
      assert.deepEqual(issuesIn({ media, services }), []);
      assert.deepEqual(settingsOf({ media, services }).media, media);
    });

    it("still has its bucket validated", () => {
      assert.deepEqual(issuesIn({ media: { bucket: "F" }, services }), [
        'marquee:media.bucket is "F": it must be a bucket\'s name, 3 to 63 lower-case letters, digits, dots and hyphens.',
      ]);
    });

    it("rejects secrets of streaming", () => {
      assert.deepEqual(issuesIn({ media, services, secrets }), [
        "marquee:secrets.streaming has no effect: streaming runs elsewhere, because services.streaming.type is ExternalName.",
      ]);
    });
  });

  describe("secrets of a bucket", () => {
    const both = [missing(id), missing(key)];
    const noMap =
      "marquee:secrets.streaming must be a map of environment variables and their values.";
    const rows: [secrets: unknown, ...issues: string[]][] = [
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
    for (const [secrets, ...issues] of rows)
      it(`rejects secrets ${JSON.stringify(secrets) ?? "undefined"}`, () => {
        assert.deepEqual(issuesIn({ media, secrets }), issues);
      });

    it("requires both secrets to be encrypted, and does not report a plain one as missing", () => {
      const isEncrypted = (...path: string[]) => path.at(-1) !== key;
      assert.deepEqual(issuesIn({ media, secrets }, isEncrypted), [
        plain(`streaming.${key}`),
      ]);
      assert.deepEqual(
        issuesIn({ media, secrets }, () => false),
        [plain(`streaming.${id}`), plain(`streaming.${key}`)],
      );
    });
  });

  describe("variables that Marquee sets", () => {
    for (const name of [
      ...["S3_BUCKET", "S3_REGION", "S3_ENDPOINT", "S3_PREFIX"],
      ...["MEDIA_FOLDER", "TRUSTED_PROXIES", "AUTH_URL", "PAYMENT_URL"],
      ...["ISSUER", "PROCESSOR", "PORT", "DATABASE_URL"],
    ])
      for (const service of ["streaming", "auth"])
        it(`rejects ${name} among the secrets of ${service}`, () => {
          assert.deepEqual(
            issuesIn({ secrets: { [service]: { [name]: value } } }),
            [
              `marquee:secrets.${service}.${name} can't be set here: Marquee sets it itself.`,
            ],
          );
        });

    it("accepts variables with similar names", () => {
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
    it(`needs no secrets if media is ${JSON.stringify(media) ?? "undefined"}`, () => {
      assert.deepEqual(settingsOf({ media }).media, media ?? {});
    });

  it("accepts a bucket's secrets without a bucket", () => {
    for (const media of [undefined, { volumeClaim: "films" }])
      assert.deepEqual(
        settingsOf({ media, secrets }, encrypted).secrets,
        secrets,
      );
  });

  it("accepts a bucket with its two secrets, and keeps them out of the media settings", () => {
    const settings = settingsOf({ media, secrets }, encrypted);
    assert.deepEqual(settings.media, media);
    assert.deepEqual(settings.secrets, secrets);
  });
});
