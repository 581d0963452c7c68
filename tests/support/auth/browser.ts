import assert from "node:assert/strict";
import { browserAccept } from "../page.ts";
import { email, password } from "./domain.ts";
import type { TestAuth } from "./service.ts";

/** A browser that keeps cookies and sends Origin with forms. */
export function browse(
  auth: Pick<TestAuth, "app">,
  origin = "http://localhost",
) {
  const cookies = new Map<string, string>();
  /** The last response's Set-Cookie headers, by name. */
  let set = new Map<string, string>();

  async function request(
    path: string,
    init: RequestInit = {},
  ): Promise<Response> {
    const cookie = [...cookies].map(([k, v]) => `${k}=${v}`).join("; ");
    const response = await auth.app.request(origin + path, {
      ...init,
      headers: {
        accept: browserAccept,
        ...(cookie ? { cookie } : {}),
        ...(init.headers as Record<string, string>),
      },
    });
    set = new Map();
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      set.set(name, line);
      if (/max-age=0\b/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  }

  const post = (
    path: string,
    body: Record<string, string> | FormData | string,
    headers: Record<string, string> = {},
  ) =>
    request(path, {
      method: "POST",
      body:
        typeof body === "string" || body instanceof FormData
          ? body
          : new URLSearchParams(body),
      headers: { origin, ...headers },
    });

  return {
    cookies,
    request,
    post,
    setCookie: (name: string) => set.get(name),
    /**
     * Sends the form, follows the redirect, and returns the page.
     * @param next the expected target of the redirect
     */
    async done(path: string, fields: Record<string, string>, next = "/") {
      const response = await post(path, fields);
      assert.equal(response.status, 303, await response.text());
      assert.equal(response.headers.get("location"), next);
      return pageOf(await request(next), 200);
    },
    /** Creates an account, and is signed in. */
    signUp: (fields: { email?: string; password?: string } = {}) =>
      post("/sign-up", { email, password, ...fields }),
    signIn: (fields: { email?: string; password?: string } = {}) =>
      post("/sign-in", { email, password, ...fields }),
    /** The signed-in user's email address on the page. */
    async signedInAs(): Promise<string | undefined> {
      const { html } = await pageOf(await request("/"), 200);
      return /<dt>Signed in as<\/dt>\s*<dd>(.*?)<\/dd>/.exec(html)?.[1];
    },
  };
}

/** Asserts that a response is a page with this status, and returns its contents. */
export async function pageOf(response: Response, status: number) {
  const html = await response.text();
  assert.equal(response.status, status, html);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  assert.match(html, /^<!doctype html>/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const block = (pattern: RegExp) => {
    const found = pattern.exec(html)?.[1];
    return found && text(found);
  };
  return {
    html,
    title: block(/<title>(.*?)<\/title>/),
    heading: block(/<h1[^>]*>(.*?)<\/h1>/),
    /** The alert that screen readers announce. */
    alert: block(/<div class="alert" role="alert" id="alert">(.*?)<\/div>/s),
    notice: block(/<p class="notice" role="status">(.*?)<\/p>/),
    /** The error message of a field. */
    wrong: (name: string) =>
      block(new RegExp(`<p class="wrong" id="${name}-error">(.*?)</p>`)),
    /** The tag of the input with this id. */
    input: (id: string) =>
      new RegExp(`<input id="${id}"[^>]*>`).exec(html)?.[0] ?? "",
  };
}

const text = (html: string) =>
  html
    .replace(/<[^>]*>/g, " ")
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, " ")
    .trim();
