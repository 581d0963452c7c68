import assert from "node:assert/strict";
import { parseBucket } from "../../../../services/streaming/media/s3/bucket.ts";
import {
  openBucket,
  type S3Options,
} from "../../../../services/streaming/media/s3/store.ts";

const options: S3Options = {
  endpoint: "http://127.0.0.1:9000",
  bucket: "titles",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "very/secret+indeed",
};

describe("S3 options", () => {
  const wrong: [string, Partial<S3Options>, RegExp][] = [
    [
      "an endpoint that is not a URL",
      { endpoint: "minio" },
      /endpoint is invalid/,
    ],
    ["an FTP endpoint", { endpoint: "ftp://minio" }, /endpoint is invalid/],
    ["an endpoint with a query", { endpoint: "http://a/?b" }, /endpoint is/],
    ["an empty bucket name", { bucket: "" }, /"" is not a valid bucket name/],
    [
      "a bucket name with a slash",
      { bucket: "a/b" },
      /"a\/b" is not a valid bucket name/,
    ],
    [
      "a bucket name with capital letters",
      { bucket: "Titles" },
      /"Titles" is not/,
    ],
    ["an empty region", { region: "" }, /"" is not a valid region/],
    ["a region with a space", { region: "eu central" }, /"eu central" is not/],
    [
      "a prefix with ..",
      { prefix: "a/../b" },
      /"a\/..\/b" is not a valid prefix/,
    ],
    ["an empty access key", { accessKeyId: "" }, /accessKeyId is invalid/],
    [
      "an empty secret access key",
      { secretAccessKey: "" },
      /secretAccessKey is invalid/,
    ],
    ["an empty session token", { sessionToken: "" }, /sessionToken is invalid/],
  ];
  for (const [what, changed, message] of wrong)
    it(`rejects ${what}`, () => {
      assert.throws(() => openBucket({ ...options, ...changed }), { message });
    });

  it("rejects a secret that ends in a line break, without printing the secret", () => {
    for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"])
      assert.throws(
        () => openBucket({ ...options, [name]: "very-secret\n" }),
        ({ message }: Error) =>
          message.includes(`${name} is invalid`) &&
          !message.includes("secret\n"),
      );
  });

  it("rejects a password in the endpoint, without printing the password", () => {
    assert.throws(
      () =>
        openBucket({ ...options, endpoint: "http://key:hidden@minio:9000" }),
      ({ message }: Error) =>
        message.includes("accessKeyId") && !message.includes("hidden"),
    );
  });
});

describe("S3 object URL", () => {
  const url = (path: string, changed: Partial<S3Options> = {}) =>
    parseBucket({ ...options, ...changed }).urlOf(path)?.href;

  it("puts the bucket in the path", () => {
    assert.equal(
      url("aurora/720p.mp4"),
      "http://127.0.0.1:9000/titles/aurora/720p.mp4",
    );
  });

  it("puts the bucket in the host at AWS, unless pathStyle is set", () => {
    const aws = { endpoint: "https://s3.eu-central-1.amazonaws.com" };
    assert.equal(
      url("a.mp4", aws),
      "https://titles.s3.eu-central-1.amazonaws.com/a.mp4",
    );
    assert.equal(
      url("a.mp4", { ...aws, pathStyle: true }),
      "https://s3.eu-central-1.amazonaws.com/titles/a.mp4",
    );
  });

  it("puts the bucket in the host when pathStyle is false", () => {
    assert.equal(
      url("a.mp4", { endpoint: "http://s3.test:9000", pathStyle: false }),
      "http://titles.s3.test:9000/a.mp4",
    );
  });

  it("keeps the endpoint's path, and adds the prefix with or without slashes", () => {
    for (const prefix of ["media/dev", "/media/dev/"])
      assert.equal(
        url("a.mp4", { endpoint: "https://gateway.test/s3/", prefix }),
        "https://gateway.test/s3/titles/media/dev/a.mp4",
      );
  });

  it("encodes characters that URLs reserve", () => {
    assert.equal(
      url("a b/ü+?#%2e'.mp4"),
      "http://127.0.0.1:9000/titles/a%20b/%C3%BC%2B%3F%23%252e%27.mp4",
    );
  });

  it("returns undefined for an invalid path", () => {
    for (const path of [
      ...["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../../b", "a/./b"],
      ...["a\0b", "\ud800", "ü".repeat(513)],
    ])
      assert.equal(url(path), undefined, JSON.stringify(path));
    assert.ok(url("ü".repeat(512)));
  });
});
