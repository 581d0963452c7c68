import type { Context, Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createFactory } from "hono/factory";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { logger } from "../observability/logger.ts";
import { createMetrics } from "../observability/metrics.ts";
import {
  createErrorPage,
  type ErrorPage,
  errorPages,
} from "../pages/error-page.ts";
import { favicon } from "../pages/favicon.ts";
import { notFound, onError, problem } from "./problem.ts";

/** What every handler finds in its context. */
export interface ServiceEnv {
  Variables: {
    /** The request's id: X-Request-Id if it came with one, else a new UUID. */
    requestId: string;
    /** A logger that puts that id into each line. */
    log: Logger;
    /** The level that the request is logged at. @default info */
    logLevel?: "debug";
    /** For `<style nonce>` and `<script nonce>`: the only inline ones that browsers will run. */
    secureHeadersNonce?: string;
    /** The answer's own Content-Security-Policy, in place of the service's: it is one that another service gave. */
    contentSecurityPolicy?: string;
    /** The last error response that `problem` made. */
    problem?: { status: ContentfulStatusCode; detail: string };
    /** Renders errors for browsers. A middleware may set another one for its paths. */
    errorPage: ErrorPage;
  };
}

export const factory = createFactory<ServiceEnv>();

/** Bytes that a request's body may have, unless the service says otherwise. */
const defaultBodyLimit = 64 * 1024;

export interface ServiceOptions {
  /**
   * What is to be done before requests are taken, such as migrating a database. Until then /readyz and every route but /livez
   * and /metrics answer 503; an error ends the program. @default nothing
   */
  onStart?: () => Promise<void>;
  /** Bytes that a request's body may have; more is a 413. @default 65536 */
  bodyLimit?: number;
  /** Further directives of the Content-Security-Policy, by their names in camelCase. @default none: all is of this origin */
  contentSecurityPolicy?: Record<string, string[]>;
  /** Renders errors for browsers; programs get problem+json. @default createErrorPage() */
  errorPage?: ErrorPage;
  /** What /readyz asks besides whether the program drains; an error means not ready. @default nothing */
  ready?: () => Promise<void>;
  /** What is left to do when the program is to end, after the last request. @default nothing */
  onShutdown?: () => Promise<void>;
}

/** A service's app, with all that services share; and the switch that makes it unready. */
export interface Service {
  app: Hono<ServiceEnv>;
  /** What GET /metrics gives: for metrics of the service's own. */
  metrics: Registry;
  /** Does what is to be done before requests are taken; only once. Called by `serve` when it listens. */
  start(): Promise<void>;
  /** From now on /readyz says 503, so that Kubernetes sends no more here. Called by `serve` when the program is to end. */
  drain(): void;
  /** Called by `serve` when it has drained. */
  shutdown(): Promise<void>;
}

/**
 * The app that a service adds its routes to. It has GET /livez (the process lives), GET /readyz (it may get requests),
 * GET /metrics (Prometheus) and GET /favicon.ico. Errors are problem+json, or a page for clients that prefer HTML. It does not
 * listen: see `serve`.
 */
export function createService(options: ServiceOptions = {}): Service {
  const maxSize = options.bodyLimit ?? defaultBodyLimit;
  const metrics = createMetrics();
  let draining = false;
  let begun = options.onStart === undefined;
  let beginning: Promise<void> | undefined;

  const app = factory.createApp();
  app.onError(onError);
  app.notFound(notFound);

  // Before the middleware: probes come every second or two, and would fill logs and metrics.
  app.get("/livez", (c) => c.text("alive\n"));
  app.get("/readyz", async (c) => {
    if (draining) return problem(c, 503, "This process is about to end.");
    if (!begun) return starting(c);
    try {
      await options.ready?.();
    } catch (error) {
      return problem(c, 503, `Not ready: ${(error as Error).message}`);
    }
    return c.text("ready\n");
  });
  app.get("/metrics", async (c) =>
    c.text(await metrics.registry.metrics(), 200, {
      "content-type": metrics.registry.contentType,
    }),
  );

  app.use(requestId());
  app.use(log);
  app.use(metrics.measure);
  app.use(ownPolicy);
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", NONCE],
        scriptSrc: ["'self'", NONCE],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...options.contentSecurityPolicy,
      },
      // Only said where it is true: the services speak HTTP, and what is in front of them may add it.
      strictTransportSecurity: false,
    }),
  );
  app.use(errorPages(options.errorPage ?? createErrorPage()));
  app.use(async (c, next) => (begun ? next() : starting(c)));
  app.use(
    bodyLimit({
      maxSize,
      onError: (c: Context) =>
        problem(c, 413, `A body may have ${maxSize} bytes at most.`),
    }),
  );
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed(c, methods) {
        const allow = methods.join(", ");
        c.header("allow", allow);
        return problem(c, 405, `${c.req.path} is for ${allow}.`);
      },
    }),
  );
  app.get("/favicon.ico", favicon);
  return {
    app,
    metrics: metrics.registry,
    start() {
      beginning ??= (async () => {
        await options.onStart?.();
        begun = true;
      })();
      return beginning;
    },
    drain() {
      draining = true;
    },
    async shutdown() {
      await options.onShutdown?.();
    },
  };
}

/** Hono's secureHeaders() writes over what an answer has. */
const ownPolicy: MiddlewareHandler<ServiceEnv> = async (c, next) => {
  await next();
  const policy = c.get("contentSecurityPolicy");
  if (policy !== undefined)
    c.res.headers.set("content-security-policy", policy);
};

/** The answer until the service has begun. */
function starting(c: Context): Response {
  c.header("retry-after", "1"); // seconds
  return problem(c, 503, "This process has yet to begin. Try again shortly.");
}

/** One line for each request, when its response is ready. */
const log: MiddlewareHandler<ServiceEnv> = async (c, next) => {
  const start = performance.now();
  c.set("log", logger.child({ requestId: c.var.requestId }));
  await next();
  c.var.log[c.var.logLevel ?? "info"](
    {
      method: c.req.method,
      path: c.req.path,
      status: c.res.status,
      ms: Math.round((performance.now() - start) * 10) / 10,
    },
    "request",
  );
};
