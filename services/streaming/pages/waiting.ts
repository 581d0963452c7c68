import type { Html } from "@marquee/service-kit";
import { html } from "hono/html";
import { layout, type SignedInUser } from "./layout.ts";

export interface Waiting {
  viewer: SignedInUser;
  /** URL of this page: 202 while the payment is being processed, any other status once the outcome is known. */
  url: string;
}

/** Polling interval without JavaScript. */
const refresh = 3;

/** Shown while a payment is being processed and needs no action by the viewer. */
export const waitingPage = ({ viewer, url }: Waiting): Html =>
  layout({
    title: "Your payment is being processed",
    user: viewer,
    here: "membership",
    room: "curtains",
    scripts: ["waiting"],
    refresh,
    content: html`
      <div class="stage"><div class="card message" id="waiting" data-url="${url}">
        <div class="bulbs" aria-hidden="true"><i></i><i></i><i></i><i></i><i></i></div>
        <h1>Your payment is being processed</h1>
        <p class="quiet">This usually takes seconds. The page goes on by itself.</p>
        <p class="quiet" role="status" id="longer" data-text="It takes longer than usual. You can leave this page: nothing is paid twice, and your membership’s page says what became of it."></p>
        <div class="actions"><a class="button plain" href="/membership">To your membership</a></div>
      </div></div>`,
  });
