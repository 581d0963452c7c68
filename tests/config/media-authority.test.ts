import assert from "node:assert/strict";
import {
  authority,
  certificate,
  key,
} from "../support/components/certificates.ts";
import {
  encrypted,
  issuesOf,
  settingsOf,
} from "../support/components/configurations.ts";

const secrets = {
  streaming: { S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY: "secret" },
};
const bucket = {
  bucket: "films",
  endpoint: "https://minio.example.com:9000",
};
const rule =
  'it must be the certificate of the authority that signed the server\'s, as PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, or several, 64 KiB at most. Set it with `pulumi config set --path marquee:media.certificateAuthority -- "$(cat authority.pem)"`';
const issuesIn = (media: object) => issuesOf({ media, secrets }, encrypted);

describe("parseSettings: media.certificateAuthority", () => {
  for (const [what, certificateAuthority] of [
    ["one certificate", authority],
    [
      "several certificates with text around them",
      `# One\n${authority}\n# two\n${certificate}`,
    ],
  ])
    it(`accepts ${what}`, () => {
      const media = { ...bucket, certificateAuthority };
      assert.deepEqual(settingsOf({ media, secrets }, encrypted).media, media);
    });

  for (const [what, certificateAuthority] of [
    ["an empty text", ""],
    ["the name of a file", "authority.pem"],
    ["a number", 5],
    ["null", null],
    ["a list", [authority]],
    ["a private key", key],
    ["a private key beside a certificate", `${authority}${key}`],
    ["a truncated certificate", authority.slice(0, -30)],
    ["a corrupt certificate", authority.replace("MII", "AAA")],
    ["more than 64 KiB", authority.repeat(200)],
  ])
    it(`rejects ${what} without quoting it`, () => {
      assert.deepEqual(issuesIn({ ...bucket, certificateAuthority }), [
        `marquee:media.certificateAuthority is invalid: ${rule}.`,
      ]);
    });

  it("rejects an authority for Amazon's own endpoint", () => {
    assert.deepEqual(
      issuesIn({ bucket: "films", certificateAuthority: authority }),
      [
        "marquee:media.certificateAuthority has no effect without media.endpoint: public authorities sign Amazon's certificates.",
      ],
    );
  });

  it("rejects an authority for an http endpoint", () => {
    const endpoint = "http://minio.example.com:9000";
    assert.deepEqual(
      issuesIn({ ...bucket, endpoint, certificateAuthority: authority }),
      [
        "marquee:media.certificateAuthority has no effect: media.endpoint is not an https URL.",
      ],
    );
  });

  for (const media of [{}, { volumeClaim: "films" }])
    it(`rejects an authority without a bucket: ${JSON.stringify(media)}`, () => {
      assert.deepEqual(
        issuesIn({ ...media, certificateAuthority: authority }),
        [
          "marquee:media.certificateAuthority belongs to a bucket, and media.bucket is not set.",
        ],
      );
    });
});
