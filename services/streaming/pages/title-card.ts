import { html } from "hono/html";
import { clock, duration } from "./durations.ts";

/** A title as shown in lists. */
export interface TitleCard {
  id: string;
  name: string;
  year: number;
  /** Running time. */
  seconds: number;
  genre: string;
  /** One line. */
  tagline: string;
  /** URL of a portrait picture, 2:3. */
  poster: string;
  /** URL of a landscape picture, 16:9. */
  backdrop: string;
}

/** A title that the viewer has started. */
export interface StartedTitle extends TitleCard {
  /** The viewer's position, in seconds. */
  position: number;
}

export const titlePath = (id: string) => `/titles/${encodeURIComponent(id)}`;
export const watchPath = (id: string) => `/watch/${encodeURIComponent(id)}`;

/** Year, duration and genre. */
export const facts = ({ year, seconds, genre }: TitleCard) =>
  html`<ul class="facts"><li>${year}</li><li>${duration(seconds)}</li><li>${genre}</li></ul>`;

/** Shows the viewer's position in a title. */
export const progressBar = (name: string, position: number, seconds: number) =>
  html`<progress max="${Math.ceil(seconds)}" value="${Math.round(position)}" aria-label="How far you are in ${name}"></progress>`;

/** The landscape picture behind a title's text. */
export const backdropOf = ({ backdrop }: Pick<TitleCard, "backdrop">) =>
  html`<div class="backdrop"><img src="${backdrop}" alt="" width="1280" height="720" fetchpriority="high"></div>`;

/** Titles as a grid of posters. */
export const posterGrid = (titles: readonly TitleCard[]) =>
  html`<ul class="posters">${titles.map(
    ({ id, name, seconds, genre, poster }) => html`
          <li><a class="poster" href="${titlePath(id)}">
            <img src="${poster}" alt="" width="400" height="600" loading="lazy" decoding="async">
            <span class="poster-name">${name}</span>
            <span class="quiet">${duration(seconds)} <span aria-hidden="true">·</span> ${genre}</span>
          </a></li>`,
  )}
        </ul>`;

/** Started titles in a row that scrolls sideways. Each link resumes playback. */
export const continueRow = (titles: readonly StartedTitle[]) =>
  html`<ul class="row">${titles.map(
    ({ id, name, seconds, position, backdrop }) => html`
          <li><a class="begun" href="${watchPath(id)}">
            <span class="begun-frame"><img src="${backdrop}" alt="" width="640" height="360" loading="lazy" decoding="async"><span class="begun-play"></span></span>
            ${progressBar(name, position, seconds)}
            <span class="poster-name"><span class="hidden">Resume </span>${name}</span>
            <span class="quiet">At ${clock(position)} of ${clock(seconds)}</span>
          </a></li>`,
  )}
        </ul>`;
