import { Problem } from "../http/problem-details.ts";
import type { ResponseDescription, RouteDescription } from "./route.ts";
import type { JsonSchema, Schemas } from "./schema.ts";

/** A Response Object of OpenAPI 3.1. */
export interface ResponseObject {
  description: string;
  headers?: Record<string, { description: string; schema: JsonSchema }>;
  content?: Record<string, { schema?: JsonSchema }>;
}

/** Responses that are the same for all routes. The first route that has one adds it to `components`. */
export type SharedResponses = Record<string, ResponseObject>;

/** Error responses of the kit's own middleware, by status. */
const kitResponses = {
  400: ["Unreadable", "The body can't be read."],
  404: ["NotFound", "The path does not exist."],
  413: ["TooLarge", "The body is too large."],
  415: ["UnsupportedMediaType", "The media type is not supported."],
  422: [
    "UnprocessableContent",
    "The request is invalid; `errors` lists the fields.",
  ],
  500: ["InternalServerError", "The server failed; the error is logged."],
  503: ["Unavailable", "The service is temporarily unavailable."],
} as const;

/**
 * The responses of a route: its own, and those of the kit's middleware.
 * @param unavailable whether any route may respond with 503
 */
export function responsesOf(
  route: RouteDescription,
  schemas: Schemas,
  shared: SharedResponses,
  unavailable: boolean,
): Record<string, ResponseObject | { $ref: string }> {
  const responses: Record<string, ResponseObject | { $ref: string }> = {};
  for (const status of kitStatuses(route, unavailable)) {
    const [name, description] = kitResponses[status];
    if (status in route.responses) continue;
    const headers = { "Retry-After": "Seconds to wait." };
    shared[name] ??= responseOf(
      status,
      { description, ...(status === 503 ? { headers } : {}) },
      schemas,
    );
    responses[status] = { $ref: `#/components/responses/${name}` };
  }
  for (const [status, response] of Object.entries(route.responses))
    responses[status] = responseOf(
      Number(status),
      typeof response === "string" ? { description: response } : response,
      schemas,
    );
  return responses;
}

function kitStatuses(
  { request = {}, onInvalid }: RouteDescription,
  unavailable: boolean,
): (keyof typeof kitResponses)[] {
  const { param, header, query, form, json } = request;
  const body = form || json;
  return [
    ...(body && !onInvalid ? [400 as const, 415 as const] : []),
    ...(param ? [404 as const] : []),
    ...(body ? [413 as const] : []),
    ...((body || header || query) && !onInvalid ? [422 as const] : []),
    500,
    ...(unavailable ? [503 as const] : []),
  ];
}

function responseOf(
  status: number,
  { description, schema, headers, ...given }: ResponseDescription,
  schemas: Schemas,
): ResponseObject {
  const type = given.type ?? (schema ? "application/json" : undefined);
  const content = type
    ? { [type]: schema ? { schema: schemas.of(schema, "output") } : {} }
    : status >= 400
      ? {
          "application/problem+json": { schema: schemas.of(Problem, "output") },
        }
      : undefined;
  return {
    description,
    ...(headers ? { headers: headersOf(headers) } : {}),
    ...(content ? { content } : {}),
  };
}

const headersOf = (headers: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: "string" as const } },
    ]),
  );
