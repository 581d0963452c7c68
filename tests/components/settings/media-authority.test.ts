import assert from "node:assert/strict";
import {
  authority,
  certificate,
  key,
} from "../../support/components/certificates.ts";
import {
  encrypted,
  mistakesOf,
  settingsOf,
} from "../../support/components/configurations.ts";

const secrets = {
  streaming: { S3_ACCESS_KEY_ID: "id", S3_SECRET_ACCESS_KEY: "secret" },
};
const bucket = {
  bucket: "films",
  endpoint: "https://minio.example.com:9000",
};
const rule =
  'it must be the certificate of the authority that signed the server\'s, as PEM, from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----, or several, 64 KiB at most. Set it with `pulumi config set --path marquee:media.certificateAuthority -- "$(cat authority.pem)"`';
const told = (media: object) => mistakesOf({ media, secrets }, encrypted);

describe("parseSettings, of media.certificateAuthority,", () => {
  for (const [what, certificateAuthority] of [
    ["one certificate", authority],
    [
      "several, and words around them",
      `# One\n${authority}\n# two\n${certificate}`,
    ],
  ])
    it(`takes ${what}`, () => {
      const media = { ...bucket, certificateAuthority };
      assert.deepEqual(settingsOf({ media, secrets }, encrypted).media, media);
    });

  for (const [what, certificateAuthority] of [
    ["nothing in it", ""],
    ["another text", "authority.pem"],
    ["a number", 5],
    ["null", null],
    ["a list", [authority]],
    ["a private key", key],
    ["a private key beside a certificate", `${authority}${key}`],
    ["a certificate that is cut off", authority.slice(0, -30)],
    ["a certificate with other letters", authority.replace("MII", "AAA")],
    ["more than 64 KiB", authority.repeat(200)],
  ])
    it(`refuses ${what}, and shows none of it`, () => {
      assert.deepEqual(told({ ...bucket, certificateAuthority }), [
        `marquee:media.certificateAuthority is wrong: ${rule}.`,
      ]);
    });

  it("refuses it for Amazon's own endpoint", () => {
    assert.deepEqual(
      told({ bucket: "films", certificateAuthority: authority }),
      [
        "marquee:media.certificateAuthority is of no use without media.endpoint: public authorities sign Amazon's certificates.",
      ],
    );
  });

  it("refuses it for an endpoint over http", () => {
    const endpoint = "http://minio.example.com:9000";
    assert.deepEqual(
      told({ ...bucket, endpoint, certificateAuthority: authority }),
      [
        "marquee:media.certificateAuthority is of no use: media.endpoint is no https URL.",
      ],
    );
  });

  for (const media of [{}, { volumeClaim: "films" }])
    it(`refuses it without a bucket: ${JSON.stringify(media)}`, () => {
      assert.deepEqual(told({ ...media, certificateAuthority: authority }), [
        "marquee:media.certificateAuthority is of a bucket, and there is no media.bucket.",
      ]);
    });
});
