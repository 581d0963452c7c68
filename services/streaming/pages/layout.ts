import { type Frame, framed, type Html, sitePage } from "@marquee/service-kit";
import { html } from "hono/html";

/** The signed-in user. */
export interface SignedInUser {
  email: string;
}

/** A page's content and the options of its frame. */
export interface Page {
  title: string;
  /** For search results. @default a description of Marquee */
  description?: string | undefined;
  /** Whether the page shows an error; the title says so, which screen readers read first. */
  error?: boolean;
  content: Html;
  user?: SignedInUser | undefined;
  /** The frame's link that leads to this page. @default none */
  here?: Frame["here"];
  /** curtains: for forms and messages; screen: for the player, without header and footer. @default catalogue */
  room?: "catalogue" | "curtains" | "screen";
  /** Names of scripts in browser/, which are optional enhancements. @default none */
  scripts?: readonly string[];
  /** Seconds after which browsers without JavaScript reload the page. @default never */
  refresh?: number;
}

/** Renders a page. Resources are same-origin and nothing is inline, per the Content-Security-Policy. */
export const layout = (page: Page): Html => {
  const { content, user, here, room = "catalogue" } = page;
  const { title, description, error = false, refresh, scripts = [] } = page;
  const more = html`${refresh ? html`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>` : ""}
    ${scripts.map((name) => html`<script type="module" src="/assets/${name}.js"></script>`)}`;
  return sitePage(
    { title, description, error, more },
    room === "screen"
      ? html`<body class="screen">
    ${content}
  </body>`
      : framed({ signedIn: user !== undefined, here }, content, room),
  );
};

/** A notice that is shown once, after an action. */
export const noticeBox = (notice: string | undefined) =>
  notice ? html`<p class="notice" role="status">${notice}</p>` : "";
