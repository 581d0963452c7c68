import { join } from "node:path";
import { certificates } from "@marquee/service-kit";
import * as z from "zod";
import { openFolder } from "./folder/store.ts";
import type { MediaStore } from "./media-store.ts";
import { openBucket } from "./s3/store.ts";

/** Environment variables that select the media store. */
export const mediaVariables = {
  /** Folder with catalogue.json and the files it names. @default the sample titles */
  MEDIA_FOLDER: z.string().min(1, "expected a path").optional(),
  /** Bucket to use instead of a folder. Requires S3_ENDPOINT and the key variables. */
  S3_BUCKET: z.string().min(1, "expected a bucket's name").optional(),
  /** URL of the S3 server. */
  S3_ENDPOINT: z.url("expected an http or https URL").optional(),
  /** @default us-east-1 */
  S3_REGION: z.string().min(1, "expected a region").default("us-east-1"),
  /** Key prefix, such as `films/`. @default none */
  S3_PREFIX: z.string().optional(),
  /** PEM certificates of the authorities that may have signed the server's certificate. @default Node.js's own list */
  S3_TLS_CA: certificates.optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
};

type MediaVariables = z.output<z.ZodObject<typeof mediaVariables>>;

/** Opens the media store that the environment selects. @throws Error if the variables contradict each other */
export function openMediaStore(
  variables: MediaVariables,
  assets: string,
): MediaStore {
  const { MEDIA_FOLDER, S3_BUCKET } = variables;
  if (MEDIA_FOLDER !== undefined && S3_BUCKET !== undefined)
    throw new Error(
      "MEDIA_FOLDER and S3_BUCKET are both set: set only one of them.",
    );
  if (S3_BUCKET === undefined)
    return openFolder(MEDIA_FOLDER ?? join(assets, "titles"));
  const required = (
    name: "S3_ENDPOINT" | "S3_ACCESS_KEY_ID" | "S3_SECRET_ACCESS_KEY",
  ) => {
    const value = variables[name];
    if (value) return value;
    throw new Error(`S3_BUCKET requires ${name}, which is not set.`);
  };
  const { S3_PREFIX, S3_TLS_CA } = variables;
  return openBucket({
    bucket: S3_BUCKET,
    endpoint: required("S3_ENDPOINT"),
    region: variables.S3_REGION,
    accessKeyId: required("S3_ACCESS_KEY_ID"),
    secretAccessKey: required("S3_SECRET_ACCESS_KEY"),
    ...(S3_PREFIX && { prefix: S3_PREFIX }),
    ...(S3_TLS_CA && { certificateAuthority: S3_TLS_CA }),
  });
}
