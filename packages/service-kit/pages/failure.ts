import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error as pages describe it. */
export interface Failure {
  status: ContentfulStatusCode;
  /** Names the error in a few words. */
  title: string;
  /** Explains the error and the remedy in one or two sentences. */
  text: string;
  /** The problem's own sentence, which may be for programmers. */
  detail: string;
  /** When to try again, per Retry-After: "in 20 seconds". */
  retryWhen?: string | undefined;
  /** The path to try again; undefined where trying again doesn't help, or would send a form twice. */
  retryPath?: string | undefined;
  /** The request's id in the logs. */
  requestId: string | undefined;
}

/** Statuses for which the same request may succeed later. */
const transientStatuses = [429, 500, 502, 503, 504];

/** Describes a problem for the request that caused it. */
export function failureOf(
  c: Context,
  { status, detail }: Pick<Failure, "status" | "detail">,
): Failure {
  const when = retryInWords(c.res.headers.get("retry-after"));
  const again = transientStatuses.includes(status) ? pathOf(c) : undefined;
  const requestId = c.get("requestId");
  return {
    ...{ status, detail, retryWhen: when, retryPath: again, requestId },
    ...inWords(status, detail, when),
  };
}

/** The path and query of a safe request. Leading slashes are reduced, because `//evil.example` is another host. */
function pathOf(c: Context): string | undefined {
  const { method, url } = c.req.raw;
  if (method !== "GET" && method !== "HEAD") return undefined;
  const { pathname, search } = new URL(url);
  return pathname.replace(/^\/+/, "/") + search;
}

/**
 * The texts for a status.
 * @param detail shown where the client can correct the request
 */
export function inWords(
  status: number,
  detail: string,
  when = "in a few seconds",
): Pick<Failure, "title" | "text"> {
  switch (status) {
    case 401:
      return {
        title: "You don’t have access",
        text: "This address is for people who are signed in, and for programs with an access token.",
      };
    case 404:
      return {
        title: "There is nothing here",
        text: "This page doesn’t exist, or it has moved.",
      };
    case 405:
      return {
        title: "This address is not a page",
        text: "It only takes data from forms and programs.",
      };
    case 413:
      return {
        title: "That was too large",
        text: "What you sent is larger than we accept, so nothing was done. Please try again with less.",
      };
    case 429:
      return {
        title: "Too many attempts",
        text: `There were too many attempts. Please try again ${when}.`,
      };
    case 502:
    case 503:
    case 504:
      return {
        title: "We’ll be right back",
        text: `Marquee can’t do this right now. Please try again ${when}.`,
      };
  }
  return status >= 500
    ? {
        title: "Something went wrong",
        text: "This is our mistake, not yours, and it has been logged. Please try again later.",
      }
    : { title: "That did not work", text: detail };
}

/** Retry-After in words: "in 20 seconds", "in 3 minutes". Dates are ignored, as our services send seconds. */
export function retryInWords(retryAfter: string | null): string | undefined {
  if (retryAfter === null || !/^\d+$/.test(retryAfter)) return undefined;
  const seconds = Number(retryAfter);
  if (seconds < 5) return "in a few seconds";
  const [size, unit] =
    seconds < 60
      ? ([1, "second"] as const)
      : seconds < 3600
        ? ([60, "minute"] as const)
        : ([3600, "hour"] as const);
  return new Intl.RelativeTimeFormat("en").format(
    Math.ceil(seconds / size),
    unit,
  );
}
