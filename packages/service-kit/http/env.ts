import type { Context } from "hono";
import { createFactory } from "hono/factory";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Logger } from "pino";
import type { Html } from "../pages/document.ts";
import type { Failure } from "../pages/failure.ts";

/** Context variables of every handler. */
export interface ServiceEnv {
  Variables: {
    /** X-Request-Id, or a new UUID. */
    requestId: string;
    /** Adds the request's id to each line. */
    log: Logger;
    /** The level of the request's log line. @default info */
    logLevel?: "debug";
    /** For `<style nonce>` and `<script nonce>`: browsers ignore inline ones without it. */
    secureHeadersNonce?: string;
    /** The Content-Security-Policy of a proxied response, which replaces the service's own. */
    contentSecurityPolicy?: string;
    /** The last error response that `problem` made. */
    problem?: { status: ContentfulStatusCode; detail: string };
    /** Renders errors for browsers. A middleware may set another one for its paths. */
    errorPage: ErrorPage;
  };
}

/** Renders an error for people. */
export type ErrorPage = (c: Context<ServiceEnv>, failure: Failure) => Html;

export const factory = createFactory<ServiceEnv>();
