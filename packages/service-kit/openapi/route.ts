import type { ZodType } from "zod";
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

export interface RouteDescription<
  Path extends string = string,
  Request extends RequestSchemas = RequestSchemas,
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
  responses: Record<number, string | ResponseDescription>;
  /** Responds to invalid requests instead of problem+json. Describe these responses in `responses`. */
  onInvalid?: OnInvalid;
}
