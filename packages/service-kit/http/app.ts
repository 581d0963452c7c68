import type { Context, Hono, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { requestId } from "hono/request-id";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { Registry } from "prom-client";
import { logger } from "../observability/logger.ts";
import { createMetrics } from "../observability/metrics.ts";
import { createErrorPage, errorPages } from "../pages/error-page.ts";
import { favicon } from "../pages/favicon.ts";
import { type ErrorPage, factory, type ServiceEnv } from "./env.ts";
import { notFound, onError, problem } from "./problem.ts";

const defaultBodyLimit = 64 * 1024;

export interface ServiceOptions {
  /**
   * Runs before the service accepts requests, for example migrations. Until then all routes but /livez and /metrics
   * return 503. An error ends the program.
   * @default nothing
   */
  onStart?: () => Promise<void>;
  /** Maximum size of a request's body in bytes; larger ones get a 413. @default 65536 */
  bodyLimit?: number;
  /** Further Content-Security-Policy directives, with names in camelCase. @default none: only this origin */
  contentSecurityPolicy?: Record<string, string[]>;
  /** Renders errors for browsers; programs get problem+json. @default createErrorPage() */
  errorPage?: ErrorPage;
  /** A further check of /readyz: an error means not ready. @default none */
  ready?: () => Promise<void>;
  /** Runs at shutdown, after the last request. @default nothing */
  onShutdown?: () => Promise<void>;
}

/** A service's app and its lifecycle. `serve` calls the methods. */
export interface Service {
  app: Hono<ServiceEnv>;
  /** The metrics of GET /metrics. Register the service's own metrics here. */
  metrics: Registry;
  /** Runs `onStart` once; later calls return the same promise. */
  start(): Promise<void>;
  /** Makes /readyz return 503, so that Kubernetes sends no more requests here. */
  drain(): void;
  /** Runs `onShutdown`. */
  shutdown(): Promise<void>;
}

/**
 * Creates the app that a service adds its routes to, with GET /livez, /readyz, /metrics and /favicon.ico. Errors are
 * problem+json, or a page for clients that prefer HTML. It does not listen: see `serve`.
 */
export function createService(options: ServiceOptions = {}): Service {
  const maxSize = options.bodyLimit ?? defaultBodyLimit;
  const metrics = createMetrics();
  let draining = false;
  let started = options.onStart === undefined;
  let startup: Promise<void> | undefined;

  const app = factory.createApp();
  app.onError(onError);
  app.notFound(notFound);

  // Before the middleware: probes come every second or two, and would fill logs and metrics.
  app.get("/livez", (c) => c.text("alive\n"));
  app.get("/readyz", async (c) => {
    if (draining) return problem(c, 503, "This process is shutting down.");
    if (!started) return respondNotStarted(c);
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
  app.use(keepOwnPolicy);
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
      // The services speak plain HTTP. A TLS proxy in front of them may add it.
      strictTransportSecurity: false,
    }),
  );
  app.use(errorPages(options.errorPage ?? createErrorPage()));
  app.use(async (c, next) => (started ? next() : respondNotStarted(c)));
  app.use(
    bodyLimit({
      maxSize,
      onError: (c: Context) =>
        problem(c, 413, `The body must not exceed ${maxSize} bytes.`),
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
      startup ??= (async () => {
        await options.onStart?.();
        started = true;
      })();
      return startup;
    },
    drain() {
      draining = true;
    },
    async shutdown() {
      await options.onShutdown?.();
    },
  };
}

/** Restores a route's own CSP, which secureHeaders() would overwrite. */
const keepOwnPolicy: MiddlewareHandler<ServiceEnv> = async (c, next) => {
  await next();
  const policy = c.get("contentSecurityPolicy");
  if (policy !== undefined)
    c.res.headers.set("content-security-policy", policy);
};

/** The response until `onStart` has finished. */
function respondNotStarted(c: Context): Response {
  c.header("retry-after", "1"); // seconds
  return problem(c, 503, "The service is starting. Try again shortly.");
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
