import {
  framed,
  type Html,
  signAndCard,
  sitePage,
  standalonePage,
} from "@marquee/service-kit";
import { html } from "hono/html";
import { style } from "./style.ts";

/** A page's content, and what its frame says of it. */
export interface Page {
  title: string;
  /** For search results. */
  description: string;
  /** Whether it shows a mistake: the title says so, which screen readers read first. */
  error?: boolean;
  /** card: a form in the middle, for visitors; account: cards below each other, for somebody who is signed in. */
  shape: "card" | "account";
  content: Html;
}

/** Where a page is shown. */
export interface PageContext {
  /** Whether it is at streaming's address, with the site's other pages. */
  inSite: boolean;
  /** Lets the style through the Content-Security-Policy. */
  nonce: string | undefined;
}

/** A whole page. It works without JavaScript. */
export function layout(
  { shape, content, ...head }: Page,
  { inSite, nonce }: PageContext,
): Html {
  const isAccount = shape === "account";
  if (inSite)
    return sitePage(
      head,
      isAccount
        ? framed({ signedIn: true, here: "account" }, siteAccount(content))
        : framed({ signedIn: false }, siteCard(content)),
    );
  const icon = html`<link rel="icon" href="/icon.svg" type="image/svg+xml">
    `;
  return standalonePage(
    { ...head, nonce, style, more: icon },
    isAccount ? account(content) : signAndCard(content, "/"),
  );
}

const siteCard = (content: Html) => html`
      <div class="stage"><div class="card form-card">${content}</div></div>`;

const siteAccount = (content: Html) => html`
      <div class="wide-stage narrow">${content}</div>`;

const account = (content: Html) => html`<main class="stage">
      <div class="account">
        <div class="stage-head">
          <a class="brand" href="/">MARQUEE</a>
          <form method="post" action="/sign-out"><button class="button plain" type="submit">Sign out</button></form>
        </div>
        ${content}
      </div>
    </main>`;
