import type { IncomingMessage } from "node:http";
import { MediaAway } from "./media-store.ts";
import type { Bucket } from "./s3-bucket.ts";
import { errorOf } from "./s3-requests.ts";

/** What to do about what S3 answers, by its code. */
const advice: Readonly<Record<string, string>> = {
  AccessDenied:
    "the access key has to be allowed s3:GetObject and s3:ListBucket; without the latter S3 does not say which objects there are",
  AccountProblem: "its account is closed or has not paid",
  ExpiredToken: "the session token has expired",
  InvalidAccessKeyId: "it does not know the access key",
  InvalidObjectState: "the object is archived, and has to be restored first",
  InvalidToken: "the session token is wrong",
  NoSuchBucket: "there is no such bucket",
  RequestTimeTooSkewed: "this machine's clock is wrong",
  SignatureDoesNotMatch: "the secret access key is wrong",
  XAdminUserNotFound: "it does not know the access key", // Versity's name for it, with 404
};

/**
 * The error for an answer that is not the object; undefined if it says that there is no such object. A 404 alone doesn't: there
 * may be no such bucket, or it is no S3 at all. Reads the answer.
 */
export async function refusal(
  bucket: Bucket,
  response: IncomingMessage,
): Promise<MediaAway | undefined> {
  const { code, region } = await errorOf(response);
  if (response.statusCode === 404 && code === "NoSuchKey") return undefined;
  const status = `${response.statusCode}${code && ` ${code}`}`;
  const advised =
    region && region !== bucket.region
      ? `the bucket is in region ${region}, and requests are signed for ${bucket.region}`
      : advice[code];
  return new MediaAway(
    `${bucket.name} can't be used: it answered ${status}${advised ? `, ${advised}` : ""}.`,
  );
}
