import { html } from "hono/html";
import type { Html } from "./document.ts";
import { frameIcons } from "./icons.ts";

export interface Frame {
  signedIn: boolean;
  /** The header's link to this page. @default none */
  here?: "home" | "plans" | "membership" | "account" | undefined;
}

/**
 * The body of a page within the site's header and footer. It uses streaming's /assets/style.css and links to pages of
 * streaming and auth, so it only works at streaming's address: see `isInSite`.
 * @param room the body's class
 */
export const framed = (
  frame: Frame,
  content: Html,
  room: "catalogue" | "curtains" = "curtains",
): Html => html`<body class="${room}">
    <a class="skip" href="#main">Skip to content</a>
    ${header(frame)}
    <main id="main" tabindex="-1">${content}</main>
    ${footer(frame)}
  </body>`;

const header = ({ signedIn, here }: Frame) => html`<header class="top">
      <a class="brand" href="/" aria-label="Marquee, home">MARQUEE</a>
      <nav aria-label="Main"${signedIn ? html` class="tabs"` : ""}>
        ${link("/", "Home", here === "home", frameIcons.home)}
        ${
          signedIn
            ? html`${link("/membership", "Membership", here === "membership", frameIcons.ticket)}
        ${link("/account", "Account", here === "account", frameIcons.person)}`
            : link("/plans", "Plans", here === "plans", frameIcons.ticket)
        }
      </nav>
      ${
        signedIn
          ? html`<form method="post" action="/sign-out"><button class="button quiet-button" type="submit">Sign out</button></form>`
          : html`<a class="button quiet-button" href="/sign-in">Sign in</a>
      <a class="button start" href="/plans">Start watching</a>`
      }
    </header>`;

const link = (href: string, text: string, current: boolean, icon: Html) =>
  html`<a href="${href}"${current ? html` aria-current="page"` : ""}>${icon}<span>${text}</span></a>`;

const footer = ({ signedIn }: Frame) => html`<footer class="end">
      <p><span class="end-brand">MARQUEE</span> <span>The lights go down. Your evening begins.</span></p>
      <p class="end-links">${signedIn ? html`<a href="/membership">Membership</a><a href="/account">Account</a>` : html`<a href="/plans">Plans</a><a href="/sign-up">Create an account</a>`}</p>
    </footer>`;
