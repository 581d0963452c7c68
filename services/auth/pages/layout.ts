import {
  framed,
  type Html,
  signAndCard,
  sitePage,
  standalonePage,
} from "@marquee/service-kit";
import { html } from "hono/html";
import { style } from "./style.ts";

/** A page's content and the data of its frame. */
export interface Page {
  title: string;
  /** For search results. */
  description: string;
  /** Whether the page shows an error; the title says so, because screen readers read it first. */
  error?: boolean;
  /** card: one centered form, for visitors. account: a column of cards, for signed-in users. */
  shape: "card" | "account";
  content: Html;
}

/** How a page is rendered. */
export interface PageContext {
  /** Whether the page is served through streaming, in the frame of the site's other pages. */
  inSite: boolean;
  /** Allows the inline style in the Content-Security-Policy. */
  nonce: string | undefined;
}

/** Renders the whole document. It works without JavaScript. */
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
