import { STATUS_CODES } from "node:http";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ServiceEnv } from "./env.ts";
import { asHttpError } from "./errors.ts";
import type { ProblemResponse } from "./problem-details.ts";

/**
 * An error response per RFC 9457. `instance` is the request's id in the logs. Clients that prefer HTML get a page
 * instead: see errorPages.
 * @param detail what is wrong with this request and what to do, in a sentence
 * @param more further members, such as `errors`
 */
export function problem<Status extends ContentfulStatusCode>(
  c: Context,
  status: Status,
  detail: string,
  more: Record<string, unknown> = {},
): ProblemResponse<Status> {
  const requestId = c.get("requestId") as string | undefined;
  c.set("problem", { status, detail });
  const response: Response = c.body(
    JSON.stringify({
      type: "about:blank",
      title: STATUS_CODES[status] ?? "Error",
      status,
      detail,
      ...(requestId ? { instance: `urn:request:${requestId}` } : {}),
      ...more,
    }),
    status,
    { "content-type": "application/problem+json" },
  );
  return response as ProblemResponse<Status>;
}

export const notFound = (c: Context) =>
  problem(c, 404, `There is nothing at ${c.req.path}.`);

/** Responds to errors that no route handles. Only HTTPExceptions reveal their message; other errors are a 500. */
export function onError(error: Error, c: Context<ServiceEnv>): Response {
  const http = asHttpError(error);
  if (http instanceof HTTPException) {
    const { status, message } = http;
    if (status >= 500) c.var.log.error({ err: error }, "request failed");
    // An exception's own response carries headers such as WWW-Authenticate.
    for (const [name, value] of http.getResponse().headers)
      if (!/^content-(type|length|encoding)$/.test(name))
        c.header(name, value, { append: name === "set-cookie" });
    return problem(
      c,
      status as ContentfulStatusCode,
      message || (STATUS_CODES[status] ?? "Error"),
    );
  }
  c.var.log.error({ err: error }, "request failed");
  return problem(
    c,
    500,
    "Something went wrong here; it is logged under this id.",
  );
}
