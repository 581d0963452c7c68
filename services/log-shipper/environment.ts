import { accessSync, constants } from "node:fs";
import { validateHeaderName, validateHeaderValue } from "node:http";
import { dirname, isAbsolute } from "node:path";
import * as z from "zod";

const fileMessage =
  "expected the absolute path of a file, in a folder that exists and that this user may write to";
const urlMessage = "expected an http or https URL without a user in it";

const headersMessage =
  "expected a JSON object of header names and their values, without Host, Content-Type and Content-Length";

const requiredText = (what: string) => {
  const message = `expected ${what}`;
  return z.string(message).min(1, message);
};

/** The log shipper's environment variables. */
export const variables = {
  /** The log to follow. It need not exist yet. Beside it, its position is kept. */
  FOLLOW_FILE: z.string(fileMessage).refine(isWritableLogPath, fileMessage),
  /** The container that writes the log. */
  CONTAINER: requiredText("the name of the container that writes the log"),
  NAMESPACE: requiredText("the pod's namespace, as the downward API gives it"),
  POD: requiredText("the pod's name, as the downward API gives it"),
  NODE: requiredText("the node's name, as the downward API gives it"),
  /** Where lines are POSTed to. @default they are written to standard output */
  ENDPOINT: z.string().refine(isEndpoint, urlMessage).optional(),
  /** Headers of those requests besides its own, as a JSON object. @default none */
  ENDPOINT_HEADERS: z
    .string()
    .transform((text, context) => {
      const headers = parseHeaders(text);
      if (headers) return headers;
      context.addIssue(headersMessage);
      return z.NEVER;
    })
    .optional(),
  // Its own lines in the file that it follows would be shipped as another's.
  LOG_FILE: z
    .undefined(
      "expected it not to be set: this program's own lines go to standard output",
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

/** @returns undefined if they are no headers that a request may have */
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
