import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { browse, pageOf } from "../auth/browser.ts";
import { useStreaming } from "./service.ts";

const password = "correct horse battery staple";
/** A test card, as typed into the card form. */
export const card = {
  number: "4242 4242 4242 4242",
  expiry: "12/34",
  cvc: "123",
};

/** Gives the calling suite two replicas of streaming, with browsers that sign up and subscribe. */
export function useSite() {
  const replicas = useStreaming();
  /** Opens a new browser at one of the replicas. */
  const open = (replica: "first" | "second" = "first") =>
    browse(replicas[replica]);
  type Browser = ReturnType<typeof open>;

  /** Creates an account by the form. @returns its email address and password */
  async function signUp(browser: Browser) {
    const email = `${randomUUID()}@example.com`;
    const response = await browser.signUp({ email, password });
    assert.equal(response.status, 303, await response.text());
    return { email, password };
  }
  /** Value of a form's hidden field. */
  const hidden = (html: string, name: string) =>
    new RegExp(`name="${name}" value="([^"]+)"`).exec(html)?.[1] ?? "";

  async function subscribe(browser: Browser, given: Partial<typeof card> = {}) {
    const form = await browser.request("/subscribe?plan=basic");
    const { html } = await pageOf(form, 200);
    return browser.post("/subscribe", {
      ...card,
      ...given,
      plan: "basic",
      key: hidden(html, "key"),
    });
  }
  const assertRedirect = (response: Response, path: string) =>
    assert.equal(response.headers.get("location"), path);

  return { open, signUp, hidden, subscribe, assertRedirect };
}
