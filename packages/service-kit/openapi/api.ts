import type {
  Context,
  Env,
  Handler,
  Hono,
  MiddlewareHandler,
  Next,
} from "hono";
import { etag } from "hono/etag";
import type * as z from "zod";
import { factory, type ServiceEnv } from "../http/env.ts";
import { validator } from "../http/validators.ts";
import { type Operation, operationOf, pathOf } from "./operation.ts";
import { responsesOf, type SharedResponses } from "./responses.ts";
import type {
  RequestSchemas,
  ResponseDescriptions,
  RouteDescription,
  RouteResponse,
} from "./route.ts";
import { createSchemas, type JsonSchema } from "./schema.ts";

export interface ApiInfo {
  title: string;
  version: string;
  /** May be Markdown. */
  description: string;
  /** Whether any route may respond with 503, as services do while their database is unavailable. @default false */
  unavailable?: boolean;
  /** Security Scheme Objects of OpenAPI 3.1 by name, for the routes' `security`. @default none */
  securitySchemes?: Record<string, SecurityScheme>;
}

type SecurityScheme = {
  type: "apiKey" | "http" | "mutualTLS" | "oauth2" | "openIdConnect";
  [more: string]: unknown;
};

/** An OpenAPI 3.1 document, limited to the parts that are used here. */
export interface Document {
  openapi: string;
  info: Pick<ApiInfo, "title" | "version" | "description">;
  servers: { url: string }[];
  /** By path and method. */
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: SharedResponses;
    securitySchemes?: Record<string, SecurityScheme>;
  };
}

/** The input of `c.req.valid` in handlers. */
type Valid<Request> = {
  in: { [Part in keyof Request]: z.input<Request[Part]> };
  out: { [Part in keyof Request]: z.output<Request[Part]> };
};

// biome-ignore lint/complexity/noBannedTypes: means "no schemas"
type None = {};

/** The environment of a middleware. Hono's own middleware has `any`, which must not hide the service's variables. */
type Known<E> = 0 extends 1 & E ? None : E;

type AnyHandler = Handler<ServiceEnv>;

/** A handler that may return only what its route declares. */
type RouteHandler<
  E extends Env,
  Path extends string,
  R extends RequestSchemas,
  Responses extends ResponseDescriptions,
> = (
  c: Context<E, Path, Valid<R>>,
  next: Next,
) => RouteResponse<R, Responses> | Promise<RouteResponse<R, Responses>>;

/** Adds a route. Middleware runs first, then validation, then the handler. */
interface AddRoute {
  <
    Path extends string,
    Responses extends ResponseDescriptions,
    R extends RequestSchemas = None,
  >(
    route: RouteDescription<Path, R, Responses>,
    handler: RouteHandler<ServiceEnv, Path, R, Responses>,
  ): void;
  <
    Path extends string,
    Responses extends ResponseDescriptions,
    A extends Env,
    R extends RequestSchemas = None,
  >(
    route: RouteDescription<Path, R, Responses>,
    first: MiddlewareHandler<A>,
    handler: RouteHandler<ServiceEnv & Known<A>, Path, R, Responses>,
  ): void;
  <
    Path extends string,
    Responses extends ResponseDescriptions,
    A extends Env,
    B extends Env,
    R extends RequestSchemas = None,
  >(
    route: RouteDescription<Path, R, Responses>,
    first: MiddlewareHandler<A>,
    second: MiddlewareHandler<B>,
    handler: RouteHandler<ServiceEnv & Known<A> & Known<B>, Path, R, Responses>,
  ): void;
}

export interface Api {
  /** Includes GET /openapi.json. Mount it with `service.app.route("/", api.app)` after adding all routes. */
  app: Hono<ServiceEnv>;
  route: AddRoute;
  /** Each call of `route` adds to it. */
  document: Document;
}

/**
 * Validates requests and generates the OpenAPI 3.1 document from the same schemas, so that they can't diverge. `route`
 * throws if a description is inconsistent, so that mistakes show at startup.
 */
export function createApi(info: ApiInfo): Api {
  const { title, version, description, unavailable = false } = info;
  const { securitySchemes = {} } = info;
  const app = factory.createApp();
  const schemas = createSchemas();
  const document: Document = {
    openapi: "3.1.1",
    info: { title, version, description },
    servers: [{ url: "/" }],
    paths: {},
    components: {
      schemas: schemas.components,
      responses: {},
      ...(info.securitySchemes ? { securitySchemes } : {}),
    },
  };
  app.get("/openapi.json", etag(), (c) =>
    c.json(document, 200, { "cache-control": "public, max-age=300" }),
  );

  function route(route: RouteDescription, ...handlers: AnyHandler[]) {
    try {
      describe(route);
    } catch (error) {
      throw new Error(
        `${route.method} ${route.path}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    app.on(
      route.method.toUpperCase(),
      [route.path],
      ...handlers.slice(0, -1),
      ...validators(route),
      ...handlers.slice(-1),
    );
  }

  /** Adds the route to the document. */
  function describe(route: RouteDescription) {
    const operation: Operation = {
      ...operationOf(route, schemas),
      responses: responsesOf(
        route,
        schemas,
        document.components.responses,
        unavailable,
      ),
    };
    for (const name of route.security ?? [])
      if (!Object.hasOwn(securitySchemes, name))
        throw new Error(
          `Its security is "${name}", which createApi's securitySchemes do not have.`,
        );
    const { operationId } = operation;
    const others = Object.values(document.paths).flatMap(
      Object.values<Operation>,
    );
    if (others.some((other) => other.operationId === operationId))
      throw new Error(`Another route has the operationId "${operationId}".`);
    const { written } = pathOf(route.path);
    const path = document.paths[written] ?? {};
    if (route.method in path)
      throw new Error("Another route has this method and path.");
    document.paths[written] = { ...path, [route.method]: operation };
  }

  const validators = ({ request = {}, onInvalid }: RouteDescription) =>
    parts.flatMap((part) => {
      const schema = request[part];
      if (!schema) return [];
      const repeats = part === "query" || part === "form";
      const lists = repeats ? schemas.arrayFieldsOf(schema) : [];
      return [validator(part, schema, lists, onInvalid)];
    });

  return { app, route: route as AddRoute, document };
}

/** In the order of validation: the body is read only if the other parts are valid. */
const parts = ["param", "header", "query", "form", "json"] as const;
