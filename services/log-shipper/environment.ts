import { accessSync, constants } from "node:fs";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { dirname, isAbsolute } from "node:path";
import * as z from "zod";

const fileMessage =
  "expected the absolute path of a file, in a folder that exists and that this user may write to";
const urlMessage =
  "expected an http or https URL without a user name or password";

const headersMessage =
  "expected a JSON object that maps header names to values, without Host, Content-Type and Content-Length";

const requiredText = (what: string) => {
  const message = `expected ${what}`;
  return z.string(message).min(1, message);
};

/** The log shipper's environment variables. */
export const variables = {
  /** The log file to follow. It may not exist yet. The position is stored in a file beside it. */
  FOLLOW_FILE: z.string(fileMessage).refine(isWritableLogPath, fileMessage),
  /** The container that writes the log. */
  CONTAINER: requiredText("the name of the container that writes the log"),
  NAMESPACE: requiredText("the pod's namespace, from the downward API"),
  POD: requiredText("the pod's name, from the downward API"),
  NODE: requiredText("the node's name, from the downward API"),
  /** URL that batches are POSTed to. @default none: lines go to standard output */
  ENDPOINT: z.string().refine(isEndpoint, urlMessage).optional(),
  /** Additional headers of these requests, as a JSON object. @default none */
  ENDPOINT_HEADERS: z
    .string()
    .transform((text, context) => {
      const headers = parseHeaders(text);
      if (headers) return headers;
      context.addIssue(headersMessage);
      return z.NEVER;
    })
    .optional(),
  // If the log shipper logged to the file it follows, it would ship its own lines as the service's.
  LOG_FILE: z
    .undefined(
      "expected no value: the log shipper writes its own log to standard output",
    )
    .optional(),
};

function isWritableLogPath(path: string): boolean {
  if (!isAbsolute(path) || path.endsWith("/")) return false;
  try {
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @returns undefined if the JSON or a header is invalid */
function parseHeaders(text: string): Record<string, string> | undefined {
  try {
    const headers = z.record(z.string(), z.string()).parse(JSON.parse(text));
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      if (/^(host|content-type|content-length)$/i.test(name)) return undefined;
    }
    return headers;
  } catch {
    return undefined;
  }
}

function isEndpoint(value: string): boolean {
  const url = URL.parse(value);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}` === ""
  );
}
