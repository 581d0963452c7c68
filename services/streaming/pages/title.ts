import type { Html } from "@marquee/service-kit";
import { html } from "hono/html";
import { clock } from "./durations.ts";
import { icons } from "./icons.ts";
import { layout, type SignedInUser } from "./layout.ts";
import {
  backdropOf,
  facts,
  progressBar,
  type TitleCard,
  watchPath,
} from "./title-card.ts";

/** A title with everything its page shows. */
export interface Title extends TitleCard {
  /** Two or three sentences. */
  description: string;
}

export interface TitlePage {
  viewer?: SignedInUser | undefined;
  title: Title;
  /** The viewer's position, in seconds. @default 0 */
  position?: number | undefined;
  /** Whether the viewer may watch it. "unknown" leaves the decision to the watch page. */
  entitled: boolean | "unknown";
}

/** A title's page with the link to watch it. */
export const titlePage = ({
  viewer,
  title,
  position = 0,
  entitled,
}: TitlePage): Html =>
  layout({
    title: title.name,
    description: title.description,
    user: viewer,
    content: html`
      <article class="title" aria-labelledby="name">
        ${backdropOf(title)}
        <div class="title-body">
          <img class="title-poster" src="${title.poster}" alt="" width="400" height="600">
          <div>
            <h1 id="name">${title.name}</h1>
            <p class="lead">${title.tagline}</p>
            ${facts(title)}
            <div class="actions">${
              entitled === false
                ? subscribe(viewer)
                : watch(title, Math.floor(position))
            }</div>
            <p class="description">${title.description}</p>
          </div>
        </div>
      </article>`,
  });

const watch = ({ id, name, seconds }: Title, position: number) =>
  position > 0
    ? html`<a class="button" href="${watchPath(id)}">${icons.play}Resume at ${clock(position)}</a>
              <a class="button glass" href="${watchPath(id)}?from=start">${icons.again}Start from the beginning</a>
              ${progressBar(name, position, seconds)}`
    : html`<a class="button" href="${watchPath(id)}">${icons.play}Play</a>`;

const subscribe = (viewer: SignedInUser | undefined) =>
  html`<a class="button" href="/plans">Subscribe to watch</a>${viewer ? "" : html`<a class="button glass" href="/sign-in">Sign in</a>`}`;
