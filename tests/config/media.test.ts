import assert from "node:assert/strict";
import {
  encrypted,
  issuesOf,
  settingsOf,
} from "../support/components/configurations.ts";

/** A secret's value, which no message may contain. */
const value = "hunter2";
const bucket = "films";
const secrets = {
  streaming: { S3_ACCESS_KEY_ID: value, S3_SECRET_ACCESS_KEY: value },
};

const rules = {
  itself: "it must be a map, such as { bucket: films }.",
  keys: "is not a setting of media: there are volumeClaim, bucket, endpoint, region, prefix and certificateAuthority.",
  volumeClaim: "it must be the name of a PersistentVolumeClaim, such as films.",
  bucket:
    "it must be a bucket's name, 3 to 63 lower-case letters, digits, dots and hyphens.",
  endpoint:
    "it must be an http or https URL without user, path or query, such as https://minio.example.com:9000.",
  region: "it must be a region, such as eu-central-1.",
  prefix:
    "it must be the prefix of keys, and end with a slash, such as films/.",
};
const both =
  ".volumeClaim and media.bucket are both set: titles are stored in one of the two.";
const withoutBucket = "belongs to a bucket, and media.bucket is not set.";

/** Defines a test per media configuration that asserts its issues; the bucket's secrets are set. */
function table(rows: [media: unknown, ...issues: string[]][]): void {
  for (const [media, ...issues] of rows)
    it(`rejects ${JSON.stringify(media)}`, () => {
      const reported = issuesOf({ media, secrets }, encrypted);
      assert.ok(!reported.join().includes(value));
      assert.deepEqual(
        reported,
        issues.map((issue) => `marquee:media${issue}`),
      );
    });
}

/** Rows of values that break the rule of a key, in a configuration with `more`. */
const breaking = (
  key: keyof typeof rules,
  values: unknown[],
  more: object = {},
): [media: unknown, issue: string][] =>
  values.map((value) => [
    { ...more, [key]: value },
    `.${key} is ${JSON.stringify(value)}: ${rules[key]}`,
  ]);

const noTexts = [null, true, 0, 5, ["films"], { name: "films" }];

/** The parsed media of a valid configuration. */
const media = (media: unknown) =>
  settingsOf({ media, secrets }, encrypted).media;

describe("parseSettings: media", () => {
  describe("invalid values", () => {
    describe("media", () => {
      table(
        [null, true, 5, "", "films", [], [{ bucket }]].map((media) => [
          media,
          ` is ${JSON.stringify(media)}: ${rules.itself}`,
        ]),
      );
      table([
        [{ folder: "/films" }, `.folder ${rules.keys}`],
        [{ Bucket: bucket }, `.Bucket ${rules.keys} Did you mean bucket?`],
        [
          { volumeclaim: "films" },
          `.volumeclaim ${rules.keys} Did you mean volumeClaim?`,
        ],
        // The message names a misplaced secret, but does not quote it.
        [{ S3_ACCESS_KEY_ID: value }, `.S3_ACCESS_KEY_ID ${rules.keys}`],
        [{ bucket, secrets: secrets.streaming }, `.secrets ${rules.keys}`],
        [
          {
            prefix: "films",
            region: "",
            endpoint: "minio",
            bucket: "Films",
            volumeClaim: "Films",
            claim: "films",
          },
          `.claim ${rules.keys}`,
          `.volumeClaim is "Films": ${rules.volumeClaim}`,
          `.bucket is "Films": ${rules.bucket}`,
          `.endpoint is "minio": ${rules.endpoint}`,
          `.region is "": ${rules.region}`,
          `.prefix is "films": ${rules.prefix}`,
          both,
        ],
      ]);
    });

    describe("volumeClaim", () => {
      table(
        breaking("volumeClaim", [
          ...["", " ", "Films", "my_films", "-films", "films-", ".films"],
          ...["films.", "films/hd", "films\n", " films", "a b", "ä"],
          ...["f".repeat(254), ...noTexts],
        ]),
      );
    });

    describe("bucket", () => {
      table(
        breaking("bucket", [
          ...["", "ab", "f".repeat(64), "Films", "my_films", "-films"],
          ...["films-", ".films", "films.", "films/hd", "s3://films", "a b"],
          ...["films\n", " films", "arn:aws:s3:::films", ...noTexts],
        ]),
      );
    });

    describe("endpoint", () => {
      table(
        breaking(
          "endpoint",
          [
            ...["", "minio", "minio:9000", "//minio", "s3://films"],
            ...["ftp://minio", "HTTPS://minio", "https:minio", "https:/minio"],
            ...["https://", "https:///", "https://:9000", "https://a b"],
            ...["https://minio/films", "https://minio//", "https://minio/?a=b"],
            ...["https://minio?a=b", "https://minio#a", "https:\\\\minio"],
            ...["https://minio\\films", " https://minio", "https://minio\n"],
            // Invalid or unusable URLs.
            ...["https://minio:port", "https://minio:65536", "https://minio:0"],
            ...["https://[::1", "https://a%b", "https://minio:-1"],
            ...noTexts,
          ],
          { bucket },
        ),
      );
    });

    // The messages don't quote the URL, which CI systems would log.
    describe("credentials in the endpoint", () => {
      table(
        [
          `https://ada:${value}@minio.example.com:9000`,
          `https://${value}@minio`,
          `https://:${value}@minio/`,
          `https://ada:${value}/2@minio`,
          `https://ada:${value}@minio:0`,
          `ftp://ada:${value}@minio`,
          `ada:${value}@minio`,
        ].map((endpoint) => [
          { bucket, endpoint },
          ".endpoint contains a user or a password, which anyone who can read the stack's configuration or the pods could read.",
        ]),
      );
    });

    describe("region", () => {
      table(
        breaking(
          "region",
          [
            ...["", " ", "EU-central-1", "eu central 1", "eu_central_1"],
            ...["eu-central-1\n", " eu-central-1", "eu.central", "eu/1"],
            ...noTexts,
          ],
          { bucket },
        ),
      );
    });

    describe("prefix", () => {
      table(
        breaking(
          "prefix",
          [
            ...[
              "",
              " ",
              "/",
              "films",
              "/films/",
              "films/hd",
              "//",
              "my films/",
            ],
            ...["films/ ", " films/", "films/\n", "films//", "films//hd/"],
            // Segments that URLs resolve away.
            ...["./", "../", "films/./", "films/../hd/", "./films/"],
            ...noTexts,
          ],
          { bucket },
        ),
      );
    });

    describe("combinations of keys", () => {
      const volumeClaim = "films";
      const [endpoint, region, prefix] = ["http://minio", "eu-1", "hd/"];
      table([
        [{ volumeClaim, bucket }, both],
        [{ volumeClaim, bucket, endpoint, region, prefix }, both],
        [{ endpoint }, `.endpoint ${withoutBucket}`],
        [{ region }, `.region ${withoutBucket}`],
        [{ volumeClaim, prefix }, `.prefix ${withoutBucket}`],
        [
          { prefix, region, endpoint },
          `.endpoint ${withoutBucket}`,
          `.region ${withoutBucket}`,
          `.prefix ${withoutBucket}`,
        ],
        [
          { region: "EU" },
          `.region is "EU": ${rules.region}`,
          `.region ${withoutBucket}`,
        ],
      ]);
    });
  });

  for (const nothing of [undefined, {}])
    it(`has no settings, for the sample titles, if media is ${JSON.stringify(nothing) ?? "undefined"}`, () => {
      assert.deepEqual(settingsOf({ media: nothing }).media, {});
    });

  const good: object[] = [
    ...["f", "films", "my.films-4k", "f".repeat(253)].map((volumeClaim) => ({
      volumeClaim,
    })),
    ...["abc", "1st", "my.films-4k", "f".repeat(63)].map((bucket) => ({
      bucket,
    })),
    ...[
      ...["http://minio", "https://minio.example.com:9000", "http://minio/"],
      ...["http://127.0.0.1:9000", "https://[2001:db8::1]:65535"],
    ].map((endpoint) => ({ bucket, endpoint })),
    ...["us-east-1", "auto", "1"].map((region) => ({ bucket, region })),
    ...["a/", "films/", "films/hd/2026/", "a.b/..c/.d/e../", "ä+(1)/"].map(
      (prefix) => ({ bucket, prefix }),
    ),
    { bucket, endpoint: "http://minio:9000", region: "auto", prefix: "hd/" },
  ];
  for (const all of good)
    it(`accepts ${JSON.stringify(all)}`, () => {
      assert.deepEqual(media(all), all);
    });
});
