import {
  type Action,
  type Failure,
  type Html,
  message,
} from "@marquee/service-kit";
import { html } from "hono/html";
import { layout, type SignedInUser } from "./layout.ts";

/** Explains why a page can't be shown. */
export interface Refusal {
  title: string;
  /** The event and the next step, in a sentence or two. */
  text: string;
  /** Links to continue with; the first is what most people want. */
  actions: readonly Action[];
}

export interface Message extends Refusal {
  user?: SignedInUser | undefined;
  /** Request id in the logs, for errors. */
  requestId?: string | undefined;
}

/** The page that a browser gets instead of the requested one. */
export const messagePage = ({
  user,
  title,
  text,
  actions,
  requestId,
}: Message): Html =>
  layout({
    title,
    error: true,
    user,
    room: "curtains",
    content: html`
      <div class="stage"><div class="card message">${message({ title, text, requestId }, actions)}</div></div>`,
  });

/** When and where to try again. */
type Retry = Pick<Failure, "retryWhen" | "retryPath">;

const home = { text: "Go to the home page", href: "/" };

const actionsFor = ({ retryPath: again }: Retry) =>
  again === undefined ? [home] : [{ text: "Try again", href: again }, home];

const tryAgain = ({ retryWhen: when = "in a moment" }: Retry) =>
  `Please try again ${when}.`;

export const refusals = {
  notSignedIn: {
    title: "Sign in to watch",
    text: "Your membership is tied to your account. Sign in, or create an account in a minute.",
    actions: [
      { text: "Sign in", href: "/sign-in" },
      { text: "Create an account", href: "/sign-up" },
    ],
  },
  notEntitled: {
    title: "This is for members",
    text: "Choose a plan, and the film begins. You can cancel whenever you like.",
    actions: [{ text: "See the plans", href: "/plans" }, home],
  },
  paymentUnavailable: (retry) => ({
    title: "We can’t check your membership right now",
    text: `This is on our side. People who are already watching go on watching. Nothing was charged. ${tryAgain(retry)}`,
    actions: actionsFor(retry),
  }),
  /** The outcome of a submitted form is unknown: sending it again may charge twice. */
  paymentUnknown: {
    title: "We don’t know yet whether it went through",
    text: "The payment service did not answer in time. Your membership’s page shows the outcome soon; nothing is charged twice.",
    actions: [{ text: "Your membership", href: "/membership" }, home],
  },
  deletionUnavailable: (retry) => ({
    title: "Your account can’t be deleted right now",
    text: `Your membership has to end with it, and the payment service does not answer. Nothing was deleted. ${tryAgain(retry)}`,
    actions: [{ text: "Your account", href: "/account" }, home],
  }),
  mediaUnavailable: (retry) => ({
    title: "The projector is not answering",
    text: `We can’t reach our films right now. This is on our side. ${tryAgain(retry)}`,
    actions: actionsFor(retry),
  }),
  authUnavailable: (retry) => ({
    title: "We can’t see who you are right now",
    text: `Signing in does not work at the moment. This is on our side. People who are already watching go on watching. ${tryAgain(retry)}`,
    actions: actionsFor(retry),
  }),
  databaseUnavailable: (retry) => ({
    title: "We’ll be right back",
    text: `This page can’t be shown right now. ${tryAgain(retry)}`,
    actions: actionsFor(retry),
  }),
  notFound: {
    title: "There is nothing here",
    text: "The page has moved, or the title is not in our programme any more.",
    actions: [home],
  },
} satisfies Record<string, Refusal | ((retry: Retry) => Refusal)>;
