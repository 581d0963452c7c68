import { certificatesRule, isCertificates } from "./certificates.ts";
import type { Issues } from "./issues.ts";
import type { Secrets } from "./secrets.ts";
import { hasCredentialsIssue, urlPort } from "./urls.ts";
import { isMap, matches } from "./values.ts";

/** The store of the titles. @default the sample titles in streaming's image */
export interface MediaSettings {
  /**
   * An existing PersistentVolumeClaim in the stack's namespace, with folders as in services/streaming/assets/titles.
   */
  volumeClaim?: string;
  /** A bucket with an S3 API. */
  bucket?: string;
  /** With a bucket: the URL of its server. @default Amazon's, of the region */
  endpoint?: string;
  /** With a bucket. @default us-east-1 */
  region?: string;
  /** With a bucket: the prefix of its keys, such as `films/`. @default none */
  prefix?: string;
  /** With an https endpoint: PEM of the only authorities to trust. @default Node.js's own list */
  certificateAuthority?: string;
}

const bucketSecrets = {
  S3_ACCESS_KEY_ID: "the access key's id",
  S3_SECRET_ACCESS_KEY: "the secret access key",
};

const keys = ["volumeClaim", "bucket", "endpoint", "region", "prefix"] as const;
type Key = (typeof keys)[number];

/** Whether a key's value is valid, and the sentence that explains the rule. */
const rules: Record<
  Key,
  { isValid: (value: unknown) => boolean; rule: string }
> = {
  volumeClaim: {
    isValid: matches(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/),
    rule: "it must be the name of a PersistentVolumeClaim, such as films",
  },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  bucket: {
    isValid: matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
    rule: "it must be a bucket's name, 3 to 63 lower-case letters, digits, dots and hyphens",
  },
  endpoint: {
    isValid: (value) =>
      matches(/^https?:\/\/[^\s/\\@?#]+\/?$/)(value) &&
      !["0", undefined].includes(URL.parse(value)?.port),
    rule: "it must be an http or https URL without user, path or query, such as https://minio.example.com:9000",
  },
  region: {
    isValid: matches(/^[a-z0-9-]+$/),
    rule: "it must be a region, such as eu-central-1",
  },
  prefix: {
    // S3 has no folders "." and ".."; a request for one would be normalised to another key.
    isValid: matches(/^((?!\.{1,2}\/)[^\s/]+\/)+$/),
    rule: "it must be the prefix of keys, and end with a slash, such as films/",
  },
};

/**
 * Checks `marquee:media`.
 * @param secrets streaming's, by name; "elsewhere" if it does not run here and needs none
 */
export function parseMedia(
  raw: unknown,
  secrets: Secrets[string] | "elsewhere" | undefined,
  issues: Issues,
): MediaSettings {
  const given = isMap(raw) ? raw : {};
  if (raw !== undefined && !isMap(raw))
    issues.invalid("media", raw, "it must be a map, such as { bucket: films }");
  issues.rejectUnknownKeys(
    "media.",
    given,
    [...keys, "certificateAuthority"],
    "a setting of media",
  );
  const settings: MediaSettings = {};
  for (const key of keys) {
    const { [key]: value } = given;
    const { isValid, rule } = rules[key];
    if (value === undefined) continue;
    // The part before an @ may be a password, which no message may contain.
    if (key === "endpoint" && String(value).includes("@"))
      issues.add("media.endpoint", hasCredentialsIssue);
    else if (!isValid(value)) issues.invalid(`media.${key}`, value, rule);
    settings[key] = String(value);
  }
  checkAuthority(given.certificateAuthority, settings, issues);
  if (isCertificates(given.certificateAuthority))
    settings.certificateAuthority = given.certificateAuthority;
  checkStore(settings, secrets, issues);
  return settings;
}

/**
 * Checks `certificateAuthority`. Its sentences don't contain the value, which a user may confuse with the private key.
 */
function checkAuthority(
  authority: unknown,
  { bucket, endpoint }: MediaSettings,
  issues: Issues,
): void {
  if (authority === undefined) return;
  const key = "media.certificateAuthority";
  if (!isCertificates(authority))
    issues.add(key, `is invalid: ${certificatesRule(key)}`);
  if (bucket === undefined || endpoint?.startsWith("https:")) return;
  issues.add(
    key,
    endpoint === undefined
      ? "has no effect without media.endpoint: public authorities sign Amazon's certificates"
      : "has no effect: media.endpoint is not an https URL",
  );
}

/** Checks that there is one store, and that a bucket has its secrets. */
function checkStore(
  { volumeClaim, bucket, ...bucketSettings }: MediaSettings,
  secrets: Secrets[string] | "elsewhere" | undefined,
  issues: Issues,
): void {
  if (volumeClaim !== undefined && bucket !== undefined)
    issues.add(
      "media.volumeClaim",
      "and media.bucket are both set: titles are stored in one of the two",
    );
  if (bucket === undefined)
    for (const key of Object.keys(bucketSettings))
      issues.add(
        `media.${key}`,
        "belongs to a bucket, and media.bucket is not set",
      );
  else if (secrets !== "elsewhere")
    for (const [name, description] of Object.entries(bucketSecrets))
      if (secrets?.[name] === undefined)
        issues.add(
          `secrets.streaming.${name}`,
          `is missing, and titles are in media.bucket: set ${description} with \`pulumi config set --secret --path 'marquee:secrets.streaming.${name}'\``,
        );
}

/** The folder that the volume is mounted at. */
export const mediaFolder = "/media";

/** The settings as environment variables of streaming. */
export function mediaVariables({
  volumeClaim,
  bucket,
  region = "us-east-1",
  endpoint = `https://s3.${region}.amazonaws.com`,
  prefix,
  certificateAuthority,
}: MediaSettings): Record<string, string> {
  if (volumeClaim !== undefined) return { MEDIA_FOLDER: mediaFolder };
  if (bucket === undefined) return {};
  return {
    S3_BUCKET: bucket,
    S3_REGION: region,
    S3_ENDPOINT: endpoint,
    ...(prefix !== undefined && { S3_PREFIX: prefix }),
    ...(certificateAuthority !== undefined && {
      S3_TLS_CA: certificateAuthority,
    }),
  };
}

/** The port outside of the stack that streaming calls. */
export function mediaEgressPorts({
  bucket,
  endpoint,
}: MediaSettings): number[] {
  if (bucket === undefined) return [];
  return [endpoint === undefined ? 443 : urlPort(endpoint)];
}
