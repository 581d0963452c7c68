import type { TypedResponse } from "hono";
import type {
  ClientErrorStatusCode,
  ServerErrorStatusCode,
  StatusCode,
} from "hono/utils/http-status";
import type { ZodType, z } from "zod";
import type { ProblemResponse } from "../http/problem-details.ts";
import type { OnInvalid } from "../http/validators.ts";

/** Schemas of a request's parts, by their names in `c.req.valid`. */
export interface RequestSchemas {
  /** All parameters of the path. The response to invalid ones is a 404. */
  param?: ZodType;
  /** Names in lower case. Use `z.object`, which ignores the request's other headers. */
  header?: ZodType;
  /** A field whose schema is an array may occur any number of times. */
  query?: ZodType;
  /** The body, as application/x-www-form-urlencoded or multipart/form-data. */
  form?: ZodType;
  /** The body, as application/json. */
  json?: ZodType;
}

/** A response. Statuses from 400 on are problem+json unless `schema` or `type` is given. */
export interface ResponseDescription {
  description: string;
  /** The body's schema. The body is JSON unless `type` is given. */
  schema?: ZodType;
  /** The body's media type. @default application/json with a `schema`, else no body */
  type?: string;
  /** Descriptions of headers, by name. */
  headers?: Record<string, string>;
}

export type ResponseDescriptions = Record<number, string | ResponseDescription>;

export interface RouteDescription<
  Path extends string = string,
  Request extends RequestSchemas = RequestSchemas,
  Responses extends ResponseDescriptions = ResponseDescriptions,
> {
  method: "get" | "put" | "post" | "delete" | "patch";
  /** In Hono's syntax: `/users/:id`. */
  path: Path;
  /** A short description. */
  summary: string;
  /** A longer description; may be Markdown. */
  description?: string;
  tags?: string[];
  /** Unique in the document. @default derived from method and path: `getUsersId` for `get /users/:id` */
  operationId?: string;
  request?: Request;
  /** Headers that a middleware validates: they are documented only. Names in lower case. */
  middlewareHeaders?: ZodType;
  /** Names of security schemes, one of which suffices. A middleware has to enforce it. @default public */
  security?: string[];
  /**
   * By status. A string describes a response without a body, or from 400 on a problem. The kit adds the responses of
   * its own middleware: 404, 415, 400 and 422 to invalid requests; 413, 500 and 503.
   */
  responses: Responses;
  /** Responds to invalid requests instead of problem+json. Describe these responses in `responses`. */
  onInvalid?: OnInvalid<NoInfer<RouteResponse<Request, Responses>>>;
}

/**
 * What a route's handler may return: a declared status with a body that has at least the fields of its schema, or a
 * problem with a status that the kit responds with. If the compiler does not know the statuses, as in a
 * `ResponseDescriptions`, any response.
 */
export type RouteResponse<
  Request extends RequestSchemas,
  Responses extends ResponseDescriptions,
> = number extends keyof Responses
  ? Response
  :
      | {
          [Key in keyof Responses]: DeclaredResponse<
            Responses[Key],
            StatusOf<Key>
          >;
        }[keyof Responses]
      | ProblemResponse<KitStatus<Request>>;

/** The keys of a spread readonly object are strings to TypeScript, not numbers. */
type StatusOf<Key> = Key extends StatusCode
  ? Key
  : Key extends `${infer Status extends StatusCode}`
    ? Status
    : never;

type DeclaredResponse<
  Description,
  Status extends StatusCode,
> = Description extends { schema: infer Schema extends ZodType }
  ? Response & TypedResponse<z.output<Schema>, Status, "json">
  : Description extends { type: string }
    ? Response & TypedResponse<unknown, Status, "body" | "text">
    : Status extends ClientErrorStatusCode | ServerErrorStatusCode
      ? ProblemResponse<Status>
      : Response & TypedResponse<null | undefined, Status, "body" | "redirect">;

/** The statuses of the kit that handlers may return as well, for what a schema can't check. */
type KitStatus<Request extends RequestSchemas> =
  | ("param" extends keyof Request ? 404 : never)
  | (keyof Request & ("json" | "form" | "query" | "header") extends never
      ? never
      : 422);
