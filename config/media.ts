import type * as k8s from "@pulumi/kubernetes";
import type { Secrets } from "../components/secret.ts";
import { certificatesRule, isCertificates } from "./certificates.ts";
import { type Issues, isMap } from "./issues.ts";

/** Where the titles are that people watch. @default in streaming's image: the sample titles */
export interface MediaSettings {
  /** A PersistentVolumeClaim that is there already, in the stack's namespace: a folder as services/streaming/assets/titles. */
  volumeClaim?: string;
  /** A bucket that S3's API leads to. */
  bucket?: string;
  /** With a bucket: the URL of the server that has it. @default Amazon's, of the region */
  endpoint?: string;
  /** With a bucket. @default us-east-1 */
  region?: string;
  /** With a bucket: what the keys in it begin with, such as `films/`. @default nothing */
  prefix?: string;
  /** With an https endpoint: PEM of the only authorities to trust. @default Node.js's own list */
  certificateAuthority?: string;
}

/** What S3 wants to know of who asks. */
const bucketSecrets = {
  S3_ACCESS_KEY_ID: "the access key's id",
  S3_SECRET_ACCESS_KEY: "the secret access key",
};

const keys = ["volumeClaim", "bucket", "endpoint", "region", "prefix"] as const;
type Key = (typeof keys)[number];

const matches = (pattern: RegExp) => (value: string) => pattern.test(value);

/** What each key's value has to be, and how that is said. */
const rules: Record<Key, [isRight: (value: string) => boolean, rule: string]> =
  {
    volumeClaim: [
      matches(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/),
      "it must be the name of a PersistentVolumeClaim, such as films",
    ],
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    bucket: [
      matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
      "it must be a bucket's name, 3 to 63 small letters, digits, dots and hyphens",
    ],
    endpoint: [
      (value) =>
        /^https?:\/\/[^\s/\\@?#]+\/?$/.test(value) &&
        !["0", undefined].includes(URL.parse(value)?.port),
      "it must be an http or https URL without user, path or query, such as https://minio.example.com:9000",
    ],
    region: [
      matches(/^[a-z0-9-]+$/),
      "it must be a region, such as eu-central-1",
    ],
    prefix: [
      // S3 has no folders "." and "..", and who asks for them gets another object.
      matches(/^((?!\.{1,2}\/)[^\s/]+\/)+$/),
      "it must be what keys begin with, and end with a slash, such as films/",
    ],
  };

/**
 * Checks `marquee:media`.
 * @param secrets streaming's, by name; or streaming runs elsewhere, and has none here
 */
export function parseMedia(
  raw: unknown,
  secrets: Secrets[string] | "elsewhere" | undefined,
  { invalid: wrong, add: mistake, rejectUnknownKeys: known }: Issues,
): MediaSettings {
  const given = isMap(raw) ? raw : {};
  if (raw !== undefined && !isMap(raw))
    wrong("media", raw, "it must be a map, such as { bucket: films }");
  known(
    "media.",
    given,
    [...keys, "certificateAuthority"],
    "a setting of media",
  );
  const settings: MediaSettings = {};
  for (const key of keys) {
    const { [key]: value } = given;
    const [isRight, rule] = rules[key];
    if (value === undefined) continue;
    // What is in front of an @ may be a password, and belongs in no sentence.
    if (key === "endpoint" && String(value).includes("@"))
      mistake(
        "media.endpoint",
        "has a user or a password in it, which everybody could read who may read the stack's configuration or the pods",
      );
    else if (typeof value !== "string" || !isRight(value))
      wrong(`media.${key}`, value, rule);
    settings[key] = String(value);
  }
  const { certificateAuthority } = given;
  if (isCertificates(certificateAuthority))
    settings.certificateAuthority = certificateAuthority;
  else if (certificateAuthority !== undefined)
    // Not its text, which may be a private key by mistake.
    mistake(
      "media.certificateAuthority",
      `is wrong: ${certificatesRule("media.certificateAuthority")}`,
    );
  if (
    given.bucket !== undefined &&
    certificateAuthority !== undefined &&
    !settings.endpoint?.startsWith("https:")
  )
    mistake(
      "media.certificateAuthority",
      settings.endpoint === undefined
        ? "is of no use without media.endpoint: public authorities sign Amazon's certificates"
        : "is of no use: media.endpoint is no https URL",
    );
  const { volumeClaim, bucket, ...ofBucket } = settings;
  if (volumeClaim !== undefined && bucket !== undefined)
    mistake(
      "media.volumeClaim",
      "and media.bucket are both there: titles are in one of the two",
    );
  if (bucket === undefined)
    for (const key of Object.keys(ofBucket))
      mistake(`media.${key}`, "is of a bucket, and there is no media.bucket");
  else if (secrets !== "elsewhere")
    for (const [name, what] of Object.entries(bucketSecrets))
      if (secrets?.[name] === undefined)
        mistake(
          `secrets.streaming.${name}`,
          `is missing, and titles are in media.bucket: set ${what} with \`pulumi config set --secret --path 'marquee:secrets.streaming.${name}'\``,
        );
  return settings;
}

const folder = "/media";

/** The settings as streaming's environment has them. */
export function mediaVariables({
  volumeClaim,
  bucket,
  region = "us-east-1",
  endpoint = `https://s3.${region}.amazonaws.com`,
  prefix,
  certificateAuthority,
}: MediaSettings): Record<string, string> {
  if (volumeClaim !== undefined) return { MEDIA_FOLDER: folder };
  if (bucket === undefined) return {};
  return {
    ...{ S3_BUCKET: bucket, S3_REGION: region, S3_ENDPOINT: endpoint },
    ...(prefix !== undefined && { S3_PREFIX: prefix }),
    ...(certificateAuthority !== undefined && {
      S3_TLS_CA: certificateAuthority,
    }),
  };
}

/** The port that streaming calls somewhere else. */
export function mediaOutside({ bucket, endpoint }: MediaSettings): number[] {
  if (bucket === undefined) return [];
  if (endpoint === undefined) return [443];
  const { port, protocol } = new URL(endpoint);
  return [Number(port) || (protocol === "https:" ? 443 : 80)];
}

/** The volume that streaming's pods read, if there is one. */
export const mediaVolumes = ({ volumeClaim }: MediaSettings): PodVolume[] =>
  volumeClaim === undefined
    ? []
    : [
        {
          volume: {
            name: "media",
            persistentVolumeClaim: { claimName: volumeClaim, readOnly: true },
          },
          mount: { name: "media", mountPath: folder, readOnly: true },
        },
      ];

/** A volume of a pod, and where its service finds it. */
export interface PodVolume {
  volume: k8s.types.input.core.v1.Volume;
  mount: k8s.types.input.core.v1.VolumeMount;
}
