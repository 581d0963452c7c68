import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { icons } from "./icons.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Who is signed in. */
export interface Viewer {
  email: string;
}

/** A page's content, and what its frame says of it. */
export interface Page {
  title: string;
  /** Whether it shows a mistake: the title says so, which screen readers read first. */
  error?: boolean;
  content: Html;
  viewer?: Viewer | undefined;
  /** Which of the frame's links leads here. @default none */
  here?: "home" | "plans" | "membership";
  /** curtains: the theatre's, behind forms and messages; screen: the player's, without header and footer. @default catalogue */
  room?: "catalogue" | "curtains" | "screen";
  /** Names of scripts in browser/. The page works without, but for the player's comforts. @default none */
  scripts?: readonly string[];
  /** Seconds after which the page is asked for again where there is no JavaScript. @default never */
  refresh?: number;
}

/** A whole page. All it needs is of this origin, and nothing is inline, as the Content-Security-Policy has it. */
export const layout = (page: Page): Html => {
  const { title, error = false, content, room = "catalogue" } = page;
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
    <meta name="referrer" content="same-origin">
    <meta name="color-scheme" content="dark">
    <meta name="theme-color" content="#0a090f">
    <title>${error ? "Error: " : ""}${title} – Marquee</title>
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/assets/style.css">
    ${page.refresh ? html`<noscript><meta http-equiv="refresh" content="${page.refresh}"></noscript>` : ""}
    ${(page.scripts ?? []).map((name) => html`<script type="module" src="/assets/${name}.js"></script>`)}
  </head>
  <body class="${room}">
    ${
      room === "screen"
        ? content
        : html`<a class="skip" href="#main">Skip to content</a>
    ${header(page)}
    <main id="main" tabindex="-1">${content}</main>
    ${footer(page)}`
    }
  </body>
</html>`;
};

const header = ({ viewer, here }: Page) => html`<header class="top">
      <a class="brand" href="/" aria-label="Marquee, home">MARQUEE</a>
      <nav aria-label="Main"${viewer ? html` class="tabs"` : ""}>
        ${link("/", "Home", here === "home", icons.home)}
        ${
          viewer
            ? html`${link("/membership", "Membership", here === "membership", icons.ticket)}
        ${link("/account", "Account", false, icons.person)}`
            : link("/plans", "Plans", here === "plans", icons.ticket)
        }
      </nav>
      ${
        viewer
          ? html`<form method="post" action="/sign-out"><button class="button quiet-button" type="submit">Sign out</button></form>`
          : html`<a class="button quiet-button" href="/sign-in">Sign in</a>
      <a class="button start" href="/plans">Start watching</a>`
      }
    </header>`;

const link = (href: string, text: string, current: boolean, icon: Html) =>
  html`<a href="${href}"${current ? html` aria-current="page"` : ""}>${icon}<span>${text}</span></a>`;

const footer = ({ viewer }: Page) => html`<footer class="end">
      <p><span class="end-brand">MARQUEE</span> <span>The lights go down. Your evening begins.</span></p>
      <p class="end-links">${viewer ? html`<a href="/membership">Membership</a><a href="/account">Account</a>` : html`<a href="/plans">Plans</a><a href="/sign-up">Create an account</a>`}</p>
    </footer>`;

/** What a page tells once, after something was done. */
export const noticeBox = (notice: string | undefined) =>
  notice ? html`<p class="notice" role="status">${notice}</p>` : "";
