import { html } from "hono/html";
import { card, type Page } from "./layout.ts";

export interface Message {
  title: string;
  /** What happened and what to do, in a sentence or two. */
  text: string;
  /** What the way to the first page says. */
  link: string;
}

/** What a browser gets where no form can be shown. */
export const messagePage = ({ title, text, link }: Message): Page => ({
  title,
  error: true,
  content: card(html`
        <h1>${title}</h1>
        <p class="quiet">${text}</p>
        <div class="other"><a class="button wide" href="/">${link}</a></div>
      `),
});
