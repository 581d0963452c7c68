import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { html } from "hono/html";
import { cookieName } from "../http/cookies.ts";
import { type Head, type Html, htmlDocument } from "./document.ts";

/**
 * Streaming adds this header to requests that it forwards: the page is then shown at streaming's address. Clients that
 * send it to a service directly only get a page with broken links, which no cache stores.
 */
export const siteHeader = "x-marquee-site";

/** The request came through streaming. */
export const isInSite = (c: Context): boolean =>
  c.req.header(siteHeader) !== undefined;

/** The browser sent a session cookie. The session may have ended, but this only selects the header's links. */
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
