import assert from "node:assert/strict";
import {
  auth,
  breaking,
  image,
  issuesOf,
  settingsOf,
  table,
  usual,
} from "../support/components/configurations.ts";

const hex = "0123456789abcdef".repeat(4);
const digest = `sha256:${hex}`;
const rule =
  "it must be an image by digest, such as ghcr.io/acme/marquee-auth@sha256:… with 64 hexadecimal digits; `pulumi stack output images` prints those that a stack runs";

/** Values that don't name an image by digest. */
const wrong = [
  ...["", "auth", "ghcr.io/acme/marquee-auth", digest, hex, `@${digest}`],
  ...["ghcr.io/acme/marquee-auth:staging", "localhost:5001/auth:latest"],
  `ghcr.io/acme/auth@sha256:${hex.toUpperCase()}`,
  `ghcr.io/acme/auth@SHA256:${hex}`,
  `ghcr.io/acme/auth@sha256:${hex.slice(1)}`,
  `ghcr.io/acme/auth@sha256:${hex}0`,
  `ghcr.io/acme/auth@sha256:${hex.replace("f", "g")}`,
  `ghcr.io/acme/auth@sha256:`,
  `ghcr.io/acme/auth@sha512:${hex}${hex}`,
  `ghcr.io/acme/auth@${digest}@${digest}`,
  `ghcr.io/Acme/auth@${digest}`,
  `GHCR.io/acme/auth@${digest}`,
  `acme/auth@${digest}`, // a path on Docker Hub, without its host
  `auth@${digest}`,
  `/acme/auth@${digest}`,
  `ghcr.io@${digest}`,
  `ghcr.io/@${digest}`,
  `ghcr.io//auth@${digest}`,
  `ghcr.io/acme/auth:@${digest}`,
  `ghcr.io/acme/auth:a b@${digest}`,
  `https://ghcr.io/acme/auth@${digest}`,
  `user:hunter2@ghcr.io/acme/auth@${digest}`,
  ` ghcr.io/acme/auth@${digest}`,
  `ghcr.io/acme/auth@${digest}\n`,
  ...[null, true, 3, [image()], { image: image() }],
];

/** Valid names of images; tests append a digest. */
const good = [
  "ghcr.io/acme/marquee-auth",
  "localhost:5001/marquee-auth",
  "localhost/auth",
  "registry:5000/auth",
  "127.0.0.1:5001/auth",
  "1.dkr.ecr.eu-north-1.amazonaws.com/my-team/a_b__c/auth",
  "ghcr.io/acme/marquee-auth:staging",
  "registry:5000/auth:v1.2.3_RC",
];

describe("parseSettings: image", () => {
  for (const name of good)
    it(`accepts ${name} by digest`, () => {
      const image = `${name}@${digest}`;
      assert.deepEqual(auth({ image }), { ...usual, image });
    });

  describe("invalid values", () => {
    table(breaking("image", rule, wrong, (image) => ({ image })));
  });
});

describe("parseSettings: logShipperImage", () => {
  for (const name of good)
    it(`accepts ${name} by digest`, () => {
      const logShipperImage = `${name}@${digest}`;
      const settings = settingsOf({ logShipperImage });
      assert.equal(settings.logShipperImage, logShipperImage);
    });

  it("is left out of the settings if unset", () => {
    assert.ok(!("logShipperImage" in settingsOf({})));
  });

  for (const logShipperImage of wrong)
    it(`rejects ${JSON.stringify(logShipperImage)}`, () => {
      assert.deepEqual(issuesOf({ logShipperImage }), [
        `marquee:logShipperImage is ${JSON.stringify(logShipperImage)}: ${rule}.`,
      ]);
    });
});

describe("parseSettings: imagesFrom", () => {
  for (const imagesFrom of [
    "staging",
    "acme/marquee/staging",
    "organization/marquee/a_b-c.1",
  ])
    it(`accepts ${imagesFrom} without a registry`, () => {
      const settings = settingsOf({ registry: undefined, imagesFrom });
      assert.equal(settings.imagesFrom, imagesFrom);
      assert.equal(settings.registry, "");
    });

  it("is left out of the settings if unset", () => {
    assert.ok(!("imagesFrom" in settingsOf({})));
  });

  const rule =
    "it must be a stack's name, such as staging, or with its organization and project, such as acme/marquee/staging";
  for (const imagesFrom of [
    ...["", " ", "a b", "/staging", "staging/", "acme//staging", "stäging"],
    ...[
      "acme/staging",
      "marquee/staging",
      "a/b/c/d",
      "https://app.pulumi.com/acme/marquee/staging",
      "staging\n",
    ],
    ...[null, true, 3, ["staging"], { stack: "staging" }],
  ])
    it(`rejects ${JSON.stringify(imagesFrom)}`, () => {
      const issue = `marquee:imagesFrom is ${JSON.stringify(imagesFrom)}: ${rule}.`;
      assert.deepEqual(issuesOf({ imagesFrom }), [issue]);
    });

  for (const imagesFrom of ["a b", "acme/staging", null])
    it(`reports only imagesFrom if it is ${JSON.stringify(imagesFrom)} and the registry is missing`, () => {
      assert.deepEqual(issuesOf({ registry: undefined, imagesFrom }), [
        `marquee:imagesFrom is ${JSON.stringify(imagesFrom)}: ${rule}.`,
      ]);
    });
});

describe("parseSettings: need for a registry", () => {
  const prebuilt = {
    auth: { image: image("auth") },
    payment: { image: image("payment") },
    streaming: { type: "ExternalName", externalName: "tv.example.com" },
  };
  const shipped = (logSidecar: unknown) => ({
    ...prebuilt,
    auth: { ...prebuilt.auth, logSidecar },
  });
  const missing = [
    'marquee:registry is missing: it must be a host, optionally with a port and a path, in lower case and without "https://", such as localhost:5001 or ghcr.io/acme.',
  ];
  const logShipperImage = image("log-shipper");
  const rows: [
    title: string,
    services: object,
    issues: string[],
    changes?: object,
  ][] = [
    ["needs no registry if every image is prebuilt", prebuilt, []],
    [
      "needs a registry for a single built service",
      { ...prebuilt, auth: {} },
      missing,
    ],
    ["needs a registry for the log shipper", shipped(true), missing],
    [
      "needs a registry for a log shipper with an endpoint",
      shipped({ endpoint: "https://logs.example.com" }),
      missing,
    ],
    [
      "needs no registry for a prebuilt log shipper",
      shipped(true),
      [],
      { logShipperImage },
    ],
    [
      "needs a registry for a built service, even if the log shipper is prebuilt",
      { ...prebuilt, auth: { logSidecar: true } },
      missing,
      { logShipperImage },
    ],
    ["needs no registry for a disabled log shipper", shipped(false), []],
  ];
  for (const [title, services, issues, changes] of rows)
    it(title, () => {
      assert.deepEqual(
        issuesOf({ registry: undefined, services, ...changes }),
        issues,
      );
    });

  it("rejects an invalid registry even if none is needed", () => {
    const issues = issuesOf({ registry: "https://ghcr.io", services: {} });
    assert.equal(issues.length, 1);
    assert.deepEqual(
      issuesOf({ registry: "https://ghcr.io", services: prebuilt }),
      issues,
    );
  });
});
