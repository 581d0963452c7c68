import { html } from "hono/html";
import { type Html, layout, type Viewer } from "./layout.ts";

/** Where somebody can go from a message. */
export interface Action {
  text: string;
  href: string;
}

export interface Message {
  viewer?: Viewer | undefined;
  title: string;
  /** What happened and what to do, in a sentence or two. */
  text: string;
  /** The first is what most people want. */
  actions: readonly Action[];
}

/** What a browser gets in place of what it asked for. */
export const messagePage = ({ viewer, title, text, actions }: Message): Html =>
  layout({
    title,
    error: true,
    viewer,
    room: "curtains",
    content: html`
      <div class="stage"><div class="card message">
        <h1>${title}</h1>
        <p class="quiet">${text}</p>
        <div class="actions">${actions.map(({ text, href }, i) => html`<a class="button${i === 0 ? "" : " plain"}" href="${href}">${text}</a>`)}</div>
      </div></div>`,
  });

type Refusal = Pick<Message, "title" | "text" | "actions">;

const home = { text: "To the catalogue", href: "/" };
const again = (path: string) => ({ text: "Try again", href: path });

/** What people are told when they don't get what they asked for. */
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
  /** @param path of the page that was asked for */
  paymentAway: (path: string) => ({
    title: "We can’t check your membership right now",
    text: "This is on our side, and usually passes within minutes. People who are already watching go on watching. Nothing was charged.",
    actions: [again(path), home],
  }),
  /** Something was sent, and there is no answer. */
  paymentUnknown: {
    title: "We don’t know yet what became of it",
    text: "Payment did not answer in time. Your membership’s page says whether it went through; nothing is paid twice.",
    actions: [{ text: "Your membership", href: "/membership" }, home],
  },
  deletionAway: {
    title: "Your account can’t be deleted right now",
    text: "Your membership has to end with it, and payment does not answer. Nothing was deleted; please try again in a moment.",
    actions: [{ text: "Your account", href: "/account" }, home],
  },
  /** @param path of the page that was asked for */
  mediaAway: (path: string) => ({
    title: "The projector is not answering",
    text: "We can’t reach our films right now. This is on our side; please try again in a moment.",
    actions: [again(path), home],
  }),
  /** @param path of the page that was asked for */
  authAway: (path: string) => ({
    title: "We can’t see who you are right now",
    text: "Signing in does not work at the moment. This is on our side, and usually passes within minutes. People who are already watching go on watching.",
    actions: [again(path), home],
  }),
  /** @param path of the page that was asked for */
  databaseAway: (path: string) => ({
    title: "We’ll be right back",
    text: "This page can’t be shown right now. Please try again in a few seconds.",
    actions: [again(path), home],
  }),
  /** @param text what is wrong with what was sent, in a sentence */
  wrong: (text: string) => ({
    title: "That did not work",
    text,
    actions: [home],
  }),
  notFound: {
    title: "There is nothing here",
    text: "The page has moved, or the title is not in our programme any more.",
    actions: [home],
  },
  /** @param path of the page that was asked for */
  failed: (path: string) => ({
    title: "Something went wrong",
    text: "This is our mistake, and it has been noted. Please try again in a moment.",
    actions: [again(path), home],
  }),
} satisfies Record<string, Refusal | ((path: string) => Refusal)>;
