import type { IncomingMessage } from "node:http";
import { MediaUnavailableError } from "../media-store.ts";
import type { Bucket } from "./bucket.ts";
import { readS3Error } from "./requests.ts";

/** Explanations of S3 error codes. */
const advice: Readonly<Record<string, string>> = {
  AccessDenied:
    "the access key needs s3:GetObject and s3:ListBucket; without the latter, S3 reports missing objects as forbidden",
  AccountProblem: "the account is closed or has unpaid bills",
  ExpiredToken: "the session token has expired",
  InvalidAccessKeyId: "the access key does not exist",
  InvalidObjectState: "the object is archived and must be restored first",
  InvalidTokenError: "the session token is invalid",
  NoSuchBucket: "the bucket does not exist",
  RequestTimeTooSkewed: "this machine's clock is wrong",
  SignatureDoesNotMatch: "the secret access key is wrong",
  XAdminUserNotFound: "the access key does not exist", // Versity's code, with status 404
};

/**
 * Converts an error response to an exception; undefined if it says that the object does not exist. A 404 alone does not
 * say so: the bucket may not exist, or the server may not be S3. Consumes the response.
 */
export async function toMediaError(
  bucket: Bucket,
  response: IncomingMessage,
): Promise<MediaUnavailableError | undefined> {
  const { code, region } = await readS3Error(response);
  if (response.statusCode === 404 && code === "NoSuchKey") return undefined;
  const status = `${response.statusCode}${code && ` ${code}`}`;
  const advised =
    region && region !== bucket.region
      ? `the bucket is in region ${region}, but requests are signed for ${bucket.region}`
      : advice[code];
  return new MediaUnavailableError(
    `${bucket.name} can't be used: it responded with ${status}${advised ? `, ${advised}` : ""}.`,
  );
}
