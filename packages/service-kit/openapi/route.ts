import type { ZodType } from "zod";
import type { OnInvalid } from "../http/validators.ts";

/** Schemas of a request's parts, by the names that `c.req.valid` has for them. */
export interface RequestSchemas {
  /** The path's parameters, all of them. What is not as the schema says is a 404. */
  param?: ZodType;
  /** Names in lower case. `z.object`, since a request has more headers than anybody expects. */
  header?: ZodType;
  /** A field whose schema is an array may come any number of times. */
  query?: ZodType;
  /** The body, as application/x-www-form-urlencoded or multipart/form-data. */
  form?: ZodType;
  /** The body, as application/json. */
  json?: ZodType;
}

/** A response. One of 400 and more is a problem+json, unless there is a `schema` or a `type`. */
export interface ResponseDescription {
  description: string;
  /** The body's schema, as JSON unless there is a `type`. */
  schema?: ZodType;
  /** The body's media type. @default application/json with a `schema`; else none */
  type?: string;
  /** Headers worth a word, by name. */
  headers?: Record<string, string>;
}

export interface RouteDescription<
  Path extends string = string,
  Request extends RequestSchemas = RequestSchemas,
> {
  method: "get" | "put" | "post" | "delete" | "patch";
  /** As Hono has it: `/users/:id`. */
  path: Path;
  /** What it does, in a few words. */
  summary: string;
  /** More about it; may be Markdown. */
  description?: string;
  tags?: string[];
  /** Unique in the document. @default of method and path: `get /users/:id` is `getUsersId` */
  operationId?: string;
  request?: Request;
  /** Headers that a middleware reads, and answers for: they are in the document, and that is all. Names in lower case. */
  middlewareHeaders?: ZodType;
  /** Names of security schemes, one of which is enough. A middleware has to see to it. @default anybody may */
  security?: string[];
  /**
   * By status; only a description is one without a body, or from 400 on a problem. What the platform answers by itself
   * need not be here: 404, 415, 400 and 422 to what is not as `request` says; 413, 500 and 503.
   */
  responses: Record<number, string | ResponseDescription>;
  /** Answers for requests that are not as `request` says, in place of problem+json; `responses` has to have these answers. */
  onInvalid?: OnInvalid;
}
