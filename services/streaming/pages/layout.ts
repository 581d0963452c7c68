import { type Frame, framed, type Html, sitePage } from "@marquee/service-kit";
import { html } from "hono/html";

/** Who is signed in. */
export interface Viewer {
  email: string;
}

/** A page's content, and what its frame says of it. */
export interface Page {
  title: string;
  /** For search results. @default what Marquee is */
  description?: string | undefined;
  /** Whether it shows a mistake: the title says so, which screen readers read first. */
  error?: boolean;
  content: Html;
  viewer?: Viewer | undefined;
  /** Which of the frame's links leads here. @default none */
  here?: Frame["here"];
  /** curtains: the theatre's, behind forms and messages; screen: the player's, without header and footer. @default catalogue */
  room?: "catalogue" | "curtains" | "screen";
  /** Names of scripts in browser/. The page works without, but for the player's comforts. @default none */
  scripts?: readonly string[];
  /** Seconds after which the page is asked for again where there is no JavaScript. @default never */
  refresh?: number;
}

/** A whole page. Everything it needs is of this origin, and nothing is inline, per the Content-Security-Policy. */
export const layout = (page: Page): Html => {
  const { content, viewer, here, room = "catalogue" } = page;
  const { title, description, error = false, refresh, scripts = [] } = page;
  const more = html`${refresh ? html`<noscript><meta http-equiv="refresh" content="${refresh}"></noscript>` : ""}
    ${scripts.map((name) => html`<script type="module" src="/assets/${name}.js"></script>`)}`;
  return sitePage(
    { title, description, error, more },
    room === "screen"
      ? html`<body class="screen">
    ${content}
  </body>`
      : framed({ signedIn: viewer !== undefined, here }, content, room),
  );
};

/** What a page tells once, after something was done. */
export const noticeBox = (notice: string | undefined) =>
  notice ? html`<p class="notice" role="status">${notice}</p>` : "";
