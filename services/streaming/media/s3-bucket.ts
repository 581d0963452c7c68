/** What a bucket is reached by. */
export interface BucketOptions {
  /** The service's URL, as in `https://s3.eu-central-1.amazonaws.com` or `http://minio:9000`; http or https, maybe with a path. */
  endpoint: string;
  /** What requests are signed for. Servers that have no regions take us-east-1. @default "us-east-1" */
  region?: string;
  bucket: string;
  /** The folder in the bucket below which titles are, as in `media/titles`. @default the bucket's root */
  prefix?: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** Over https, PEM of the authorities that may have signed the server's certificate. @default Node.js's own list */
  certificateAuthority?: string;
  /** Of temporary credentials. */
  sessionToken?: string;
  /** Whether the bucket's name is in URLs' paths, instead of before the host's name. @default true, but false for AWS */
  pathStyle?: boolean;
}

/** Where a bucket is, and where its objects are. */
export interface Bucket {
  /** For sentences about it: its name and endpoint. */
  readonly name: string;
  readonly region: string;
  /** An object's URL; undefined if nothing can have this path: see MediaStore.find. */
  urlOf(path: string): URL | undefined;
}

/** Bytes that a key may have in UTF-8. */
const longestKey = 1024;

/** @throws Error that says which option is wrong, without what is in it if that is secret */
export function bucketOf(options: BucketOptions): Bucket {
  const endpoint = endpointOf(options.endpoint);
  const { bucket, region = "us-east-1" } = options;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new Error(
      `"${bucket}" is no bucket's name: expected 3 to 63 small letters, digits, dots and hyphens.`,
    );
  if (!/^[a-z0-9-]+$/.test(region))
    throw new Error(
      `"${region}" is no region: expected small letters, digits and hyphens, as in eu-central-1.`,
    );
  for (const secret of [
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
  ] as const) {
    const value = options[secret];
    if (value === undefined && secret === "sessionToken") continue;
    // A line break at the end is what a Secret made from a file has.
    if (!value || !/^[\x21-\x7e]+$/.test(value))
      throw new Error(
        `The bucket's ${secret} is wrong: expected ASCII without spaces and line breaks.`,
      );
  }
  const {
    pathStyle = !/(^|\.)amazonaws\.com(\.cn)?$/.test(endpoint.hostname),
  } = options;
  const root = new URL(endpoint);
  if (!pathStyle) root.host = `${bucket}.${endpoint.host}`;
  const folder = [
    endpoint.pathname.replace(/\/+$/, ""),
    ...(pathStyle ? [bucket] : []),
  ].join("/");
  const prefix = options.prefix?.replace(/^\/+|\/+$/g, "");
  if (prefix && !isKey(prefix))
    throw new Error(
      `"${options.prefix}" is no prefix: expected a path without empty steps, "." and "..".`,
    );
  return {
    name: `The bucket "${bucket}" at ${endpoint.origin}`,
    region,
    urlOf(path) {
      const key = prefix ? `${prefix}/${path}` : path;
      if (!isKey(key)) return undefined;
      const url = new URL(root);
      url.pathname = `${folder}/${key.split("/").map(encode).join("/")}`;
      return url;
    },
  };
}

function endpointOf(text: string): URL {
  const url = URL.parse(text);
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== "" ||
    url.hash !== ""
  )
    throw new Error(
      "The bucket's endpoint is wrong: expected a URL of http or https, as in https://s3.eu-central-1.amazonaws.com.",
    );
  if (url.username !== "" || url.password !== "")
    throw new Error(
      "The bucket's endpoint has a user or a password in it: they belong in accessKeyId and secretAccessKey.",
    );
  return url;
}

/** Steps "." and ".." would be gone from the URL, and another object asked for. */
const isKey = (key: string): boolean =>
  key.isWellFormed() &&
  !key.includes("\0") &&
  Buffer.byteLength(key) <= longestKey &&
  key.split("/").every((step) => step !== "" && step !== "." && step !== "..");

/** As signing wants it (RFC 3986): encodeURIComponent leaves five more characters as they are. */
const encode = (step: string): string =>
  encodeURIComponent(step).replace(
    /[!'()*]/g,
    (character) =>
      `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
