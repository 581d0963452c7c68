import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { html } from "hono/html";
import { cookieName } from "../http/cookies.ts";
import { type Head, type Html, htmlDocument } from "./document.ts";

/**
 * Streaming sets this header on what it passes on: the page is shown at streaming's address, with the site's other pages beside it.
 * A client that sends it to a service itself only gets links that lead nowhere, on a page that no cache stores.
 */
export const siteHeader = "x-marquee-site";

/** Whether this request came through streaming. */
export const isInSite = (c: Context): boolean =>
  c.req.header(siteHeader) !== undefined;

/** Whether the browser sends a session cookie. The session may have ended; to choose the header's links, that is close enough. */
export const hasSession = (c: Context): boolean =>
  [true, false].some(
    (https) => getCookie(c, cookieName("session", https)) !== undefined,
  );

/**
 * A page at streaming's address, whichever service renders it: with the site's icon and style.
 * @param body `framed`, or another one with its tag
 */
export const sitePage = (head: Head, body: Html): Html =>
  htmlDocument(
    {
      ...head,
      more: html`<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/style.css">
    ${head.more ?? ""}`,
    },
    body,
  );
