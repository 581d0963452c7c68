import type { Html } from "@marquee/service-kit";
import { html, raw } from "hono/html";
import { clock } from "./durations.ts";
import { icons } from "./icons.ts";
import { layout } from "./layout.ts";
import type { Title } from "./title.ts";
import { type TitleCard, titlePath, watchPath } from "./title-card.ts";

/** Signed URLs of a title and the position to start at. */
interface Playback {
  /** Signed URL of the whole video. */
  url: string;
  /** Signed URL of the HLS playlist. */
  hls: string;
  /** When both URLs expire. */
  expiresAt: Date;
  /**
   * Where to start, in seconds; null if the position is unknown: then the video starts at 0 and the script asks again.
   */
  position: number | null;
}

export interface Watch {
  title: Title;
  playback: Playback;
  /** The title to offer at the end. @default none */
  next?: TitleCard | undefined;
}

/** The player, filling the window. Without JavaScript the video plays too, until its URL expires. */
export const watchPage = ({ title, playback, next }: Watch): Html =>
  layout({
    title: title.name,
    room: "screen",
    scripts: ["player"],
    content: html`<main class="player" id="player">
      <video id="video" controls playsinline preload="none" poster="${title.backdrop}" aria-label="${title.name}" src="${playback.url}${playback.position ? `#t=${playback.position}` : ""}"></video>
      <div class="player-top">
        <a class="player-back" href="${titlePath(title.id)}">${icons.back}<span class="hidden">Back to the page of </span><span>${title.name}</span></a>
        <h1 class="hidden">${title.name}</h1>
        ${keys}
      </div>
      <p class="player-status" id="status" role="status"></p>
      <noscript><p class="player-hint">Without JavaScript your place is not kept, and after a while the page has to be loaded again to go on.${playback.position === null ? "" : ` You were at ${clock(playback.position)}.`}</p></noscript>
      ${ending(title, next)}
      ${overlays}
      <script type="application/json" id="playback">${json({
        id: title.id,
        name: title.name,
        url: playback.url,
        hls: playback.hls,
        expires_at: playback.expiresAt.toISOString(),
        position: playback.position,
      })}</script>
    </main>`,
  });

/** JSON for a script element, without `<`, which could close the element. */
const json = (value: unknown) =>
  raw(JSON.stringify(value).replaceAll("<", "\\u003c"));

/** Revealed by the script. Single-key shortcuts can be disabled, because they get in the way of speech input. */
const keys = html`<details class="keys" id="keys" hidden>
          <summary>${icons.keyboard}<span>Keys</span></summary>
          <div class="keys-list">
            <dl>
              <dt><kbd>Space</kbd> <kbd>K</kbd></dt><dd>Play or pause</dd>
              <dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>10 seconds back or on</dd>
              <dt><kbd>↑</kbd> <kbd>↓</kbd></dt><dd>Louder or quieter</dd>
              <dt><kbd>M</kbd></dt><dd>Sound off or on</dd>
              <dt><kbd>F</kbd></dt><dd>Full screen</dd>
            </dl>
            <label class="check"><input type="checkbox" id="use-keys" checked> Use these keys</label>
          </div>
        </details>`;

const ending = (
  title: Title,
  next: TitleCard | undefined,
) => html`<section class="curtain" id="ended" tabindex="-1" hidden aria-labelledby="ended-title">
        ${next ? html`<img class="curtain-next" src="${next.backdrop}" alt="" width="640" height="360" loading="lazy">` : ""}
        <h2 id="ended-title">${next ? html`<span class="eyebrow">Next</span> ${next.name}` : "The end"}</h2>
        ${next ? html`<p class="quiet">${next.tagline}</p>` : ""}
        <div class="actions">
          ${next ? html`<a class="button" href="${watchPath(next.id)}">${icons.play}Play ${next.name}</a>` : ""}
          <a class="button${next ? " glass" : ""}" id="again" href="${watchPath(title.id)}?from=start">${icons.again}Watch again</a>
          <a class="button glass" href="/">All titles</a>
        </div>
      </section>`;

/** Overlays that the script shows when playback can't continue. */
const overlays = html`<section class="curtain" id="membership-ended" tabindex="-1" hidden aria-labelledby="membership-ended-title">
        <h2 id="membership-ended-title">Your membership has ended</h2>
        <p class="quiet">Your place is kept. With a plan, you go on from here.</p>
        <div class="actions"><a class="button" href="/plans">See the plans</a><a class="button glass" href="/membership">Your membership</a></div>
      </section>
      <section class="curtain" id="signed-out" tabindex="-1" hidden aria-labelledby="signed-out-title">
        <h2 id="signed-out-title">You are signed out</h2>
        <p class="quiet">Your place is kept. Sign in to go on watching.</p>
        <div class="actions"><a class="button" href="/sign-in">Sign in</a></div>
      </section>`;
