import assert from "node:assert/strict";
import {
  openBucket,
  type S3Options,
} from "../../../../services/streaming/media/s3.ts";
import { bucketOf } from "../../../../services/streaming/media/s3-bucket.ts";

const options: S3Options = {
  endpoint: "http://127.0.0.1:9000",
  bucket: "titles",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "very/secret+indeed",
};

describe("A bucket's options", () => {
  const wrong: [string, Partial<S3Options>, RegExp][] = [
    ["an endpoint that is no URL", { endpoint: "minio" }, /endpoint is wrong/],
    ["an endpoint of FTP", { endpoint: "ftp://minio" }, /endpoint is wrong/],
    ["an endpoint with a query", { endpoint: "http://a/?b" }, /endpoint is/],
    ["a bucket without a name", { bucket: "" }, /"" is no bucket's name/],
    ["a bucket with a slash", { bucket: "a/b" }, /"a\/b" is no bucket's name/],
    [
      "large letters in a bucket's name",
      { bucket: "Titles" },
      /"Titles" is no/,
    ],
    ["a region without a name", { region: "" }, /"" is no region/],
    ["a region with a space", { region: "eu central" }, /"eu central" is no/],
    [
      "a prefix that leads out",
      { prefix: "a/../b" },
      /"a\/..\/b" is no prefix/,
    ],
    ["no access key", { accessKeyId: "" }, /accessKeyId is wrong/],
    [
      "no secret access key",
      { secretAccessKey: "" },
      /secretAccessKey is wrong/,
    ],
    ["no session token", { sessionToken: "" }, /sessionToken is wrong/],
  ];
  for (const [what, changed, message] of wrong)
    it(`are refused with ${what}`, () => {
      assert.throws(() => openBucket({ ...options, ...changed }), { message });
    });

  it("are refused with a line break at a secret's end, which is not said", () => {
    for (const name of ["accessKeyId", "secretAccessKey", "sessionToken"])
      assert.throws(
        () => openBucket({ ...options, [name]: "very-secret\n" }),
        ({ message }: Error) =>
          message.includes(`${name} is wrong`) && !message.includes("secret\n"),
      );
  });

  it("are refused with a password in the endpoint, which is not said", () => {
    assert.throws(
      () =>
        openBucket({ ...options, endpoint: "http://key:hidden@minio:9000" }),
      ({ message }: Error) =>
        message.includes("accessKeyId") && !message.includes("hidden"),
    );
  });
});

describe("An object's URL", () => {
  const url = (path: string, changed: Partial<S3Options> = {}) =>
    bucketOf({ ...options, ...changed }).urlOf(path)?.href;

  it("has the bucket in its path", () => {
    assert.equal(
      url("aurora/720p.mp4"),
      "http://127.0.0.1:9000/titles/aurora/720p.mp4",
    );
  });

  it("has the bucket in front of the host at AWS", () => {
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

  it("has the bucket in front of the host where that is wished", () => {
    assert.equal(
      url("a.mp4", { endpoint: "http://s3.test:9000", pathStyle: false }),
      "http://titles.s3.test:9000/a.mp4",
    );
  });

  it("has the endpoint's path, and the prefix with slashes or without", () => {
    for (const prefix of ["media/dev", "/media/dev/"])
      assert.equal(
        url("a.mp4", { endpoint: "https://gateway.test/s3/", prefix }),
        "https://gateway.test/s3/titles/media/dev/a.mp4",
      );
  });

  it("encodes all that is not for URLs", () => {
    assert.equal(
      url("a b/ü+?#%2e'.mp4"),
      "http://127.0.0.1:9000/titles/a%20b/%C3%BC%2B%3F%23%252e%27.mp4",
    );
  });

  it("there is none of a path that leads elsewhere, or is none", () => {
    for (const path of [
      ...["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../../b", "a/./b"],
      ...["a\0b", "\ud800", "ü".repeat(513)],
    ])
      assert.equal(url(path), undefined, JSON.stringify(path));
    assert.ok(url("ü".repeat(512)));
  });
});
