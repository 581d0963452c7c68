import { html, raw } from "hono/html";
import { type Head, type Html, htmlDocument } from "./document.ts";
import { look } from "./look.ts";

export interface Standalone extends Head {
  /** Lets the style through the Content-Security-Policy. */
  nonce: string | undefined;
  /** Further style. @default none */
  style?: string;
}

/** A page of a service at its own address, where streaming's style and pages may not exist. */
export const standalonePage = (
  { nonce, style = "", more, ...head }: Standalone,
  main: Html,
): Html =>
  htmlDocument(
    {
      ...head,
      more: html`${more ?? ""}<style nonce="${nonce}">${raw(look + style)}</style>`,
    },
    html`<body>
    ${main}
  </body>`,
  );

/**
 * A card beside the theatre's sign.
 * @param home where the sign leads. @default nowhere
 */
export const signAndCard = (content: Html, home?: string): Html => {
  const brand =
    home === undefined
      ? html`<p class="brand">MARQUEE</p>`
      : html`<a class="brand" href="${home}">MARQUEE</a>`;
  return html`<main class="stage">
      <div class="sign">
        ${brand}
        <p class="tagline">The lights go down. Your evening begins.</p>
      </div>
      <div class="card">${content}</div>
    </main>`;
};
