import assert from "node:assert/strict";
import { createService } from "@marquee/service-kit";
import { sandboxPages } from "../../../services/payment/processors/sandbox/page.ts";
import type { Sandbox } from "../../../services/payment/processors/sandbox/sandbox.ts";
import { browserAccept } from "../page.ts";
import { pay, type TestSandbox, useSandbox } from "./sandbox.ts";

/** A card that requires 3-D Secure. */
export const asking = "4000000000003220";

/** Gives the calling suite the sandbox bank's pages, mounted in a service like payment's. */
export function usePages() {
  const test = useSandbox();
  /** The notifications sent to payment. */
  const settled: string[] = [];
  beforeEach(() => {
    settled.length = 0;
  });
  return {
    test,
    settled,
    begin: (returnUrl?: string) => begin(test, returnUrl),
    /** @param fail the error with which payment rejects notifications */
    async pages(
      sandbox: Pick<Sandbox, "findAction" | "authenticate"> = test.sandbox,
      fail?: Error,
    ) {
      const { app, start } = createService();
      const pages = sandboxPages({
        sandbox,
        async onAnswer(reference) {
          // The answer must be stored before payment is notified.
          const action = await test.sandbox.findAction(reference);
          settled.push(`${reference} ${action?.answer}`);
          if (fail) throw fail;
        },
      });
      app.route("/", pages);
      await start();
      return {
        get: (path: string) =>
          app.request(path, { headers: { accept: browserAccept } }),
        post: (
          path: string,
          answer?: string,
          headers: Record<string, string> = {},
        ) =>
          app.request(path, {
            method: "POST",
            body: new URLSearchParams(answer === undefined ? {} : { answer }),
            headers: { accept: browserAccept, ...headers },
          }),
      };
    },
  };
}

/** Begins a payment that waits for 3-D Secure. */
async function begin(test: TestSandbox, returnUrl?: string) {
  const { outcome } = await pay(test, asking, {
    ...(returnUrl === undefined ? {} : { returnUrl }),
  });
  assert.ok(outcome.status === "requires_action");
  return {
    path: outcome.nextAction.url,
    reference: outcome.reference,
    answer: async () =>
      (await test.sandbox.findAction(outcome.reference))?.answer,
  };
}

/** Asserts the status and what all pages have in common, and returns the HTML. */
export async function htmlOf(
  response: Response,
  status: number,
): Promise<string> {
  const html = await response.text();
  assert.equal(response.status, status, html);
  assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  assert.equal(response.headers.get("cache-control"), "no-store");
  const policy = response.headers.get("content-security-policy") ?? "";
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  assert.ok(
    html.includes(`<style nonce="${nonce}">`),
    "the style's nonce is not in the policy",
  );
  assert.doesNotMatch(html, /<script|\son\w+=|\sstyle=|javascript:/);
  assert.match(html, /^<!doctype html>\n<html lang="en">/);
  assert.match(html, /<title>.+ – Sandbox bank<\/title>/);
  assert.equal(html.match(/<h1>/g)?.length, 1);
  return html;
}

/** The URL to which a redirect leads a browser that posted from the path; without the host if that is localhost. */
export const leadsTo = (response: Response, from: string): string =>
  new URL(
    response.headers.get("location") ?? "",
    `http://localhost${from}`,
  ).href.replace("http://localhost", "");

/** The URL of a page's automatic refresh. */
export const nextOf = (html: string): string | undefined =>
  /http-equiv="refresh" content="0; url=([^"]*)"/.exec(html)?.[1];
