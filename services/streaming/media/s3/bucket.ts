/** Address of a bucket and credentials for it. */
export interface BucketOptions {
  /** URL of the S3 server, such as `https://s3.eu-central-1.amazonaws.com` or `http://minio:9000`; may have a path. */
  endpoint: string;
  /** Region to sign requests for. Servers without regions accept us-east-1. @default "us-east-1" */
  region?: string;
  bucket: string;
  /** Key prefix of the titles, such as `media/titles`. @default the bucket's root */
  prefix?: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** PEM certificates of the authorities that may have signed the server's certificate. @default Node.js's own list */
  certificateAuthority?: string;
  /** Session token of temporary credentials. */
  sessionToken?: string;
  /** Whether URLs have the bucket's name in the path instead of the host name. @default true, but false for AWS */
  pathStyle?: boolean;
}

/** A bucket's name for messages, its region and the URLs of its objects. */
export interface Bucket {
  /** Name and endpoint, for messages. */
  readonly name: string;
  readonly region: string;
  /** URL of an object; undefined if the path can't be a key: see MediaStore.find. */
  urlOf(path: string): URL | undefined;
}

/** Longest key in UTF-8 bytes. */
const maxKeyBytes = 1024;

/** @throws Error that names the invalid option, without its value if it is secret */
export function parseBucket(options: BucketOptions): Bucket {
  const endpoint = parseEndpoint(options.endpoint);
  const { bucket, region = "us-east-1" } = options;
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new Error(
      `"${bucket}" is not a valid bucket name: expected 3 to 63 lower-case letters, digits, dots and hyphens.`,
    );
  if (!/^[a-z0-9-]+$/.test(region))
    throw new Error(
      `"${region}" is not a valid region: expected lower-case letters, digits and hyphens, such as eu-central-1.`,
    );
  for (const secret of [
    "accessKeyId",
    "secretAccessKey",
    "sessionToken",
  ] as const) {
    const value = options[secret];
    if (value === undefined && secret === "sessionToken") continue;
    // Also catches the trailing line break of a Secret that was made from a file.
    if (!value || !/^[\x21-\x7e]+$/.test(value))
      throw new Error(
        `The bucket's ${secret} is invalid: expected ASCII without spaces and line breaks.`,
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
      `"${options.prefix}" is not a valid prefix: expected a path without empty, "." and ".." segments.`,
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

function parseEndpoint(text: string): URL {
  const url = URL.parse(text);
  if (
    !url ||
    !/^https?:$/.test(url.protocol) ||
    url.search !== "" ||
    url.hash !== ""
  )
    throw new Error(
      "The bucket's endpoint is invalid: expected an http or https URL, such as https://s3.eu-central-1.amazonaws.com.",
    );
  if (url.username !== "" || url.password !== "")
    throw new Error(
      "The bucket's endpoint contains a user or password: use accessKeyId and secretAccessKey.",
    );
  return url;
}

/** Segments "." and ".." would be resolved away in the URL, which would name another object. */
const isKey = (key: string): boolean =>
  key.isWellFormed() &&
  !key.includes("\0") &&
  Buffer.byteLength(key) <= maxKeyBytes &&
  key.split("/").every((step) => step !== "" && step !== "." && step !== "..");

/**
 * Percent-encodes per RFC 3986, as the signature requires: encodeURIComponent leaves five more characters unescaped.
 */
const encode = (step: string): string =>
  encodeURIComponent(step).replace(
    /[!'()*]/g,
    (character) =>
      `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
