import assert from "node:assert/strict";

/** Chromium's Accept header for navigation and form submission. */
export const browserAccept =
  "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";

/** Asserts that a response is an error page with this status, and returns its contents. */
export async function errorPageOf(response: Response, status: number) {
  const html = await response.text();
  const { headers } = response;
  assert.equal(response.status, status, html);
  assert.match(headers.get("content-type") ?? "", /^text\/html\b/);
  assert.match(html, /^<!doctype html>\n<html lang="en">/);
  assert.match(headers.get("vary") ?? "", /\baccept\b(?!-)/i);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("x-content-type-options"), "nosniff");
  const policy = headers.get("content-security-policy") ?? "";
  assert.match(policy, /default-src 'self'/);
  for (const [, nonce] of html.matchAll(/<style(?: nonce="([^"]*)")?>/g))
    assert.ok(policy.includes(`'nonce-${nonce}'`), `${nonce}: ${policy}`);
  assert.doesNotMatch(html, /\sstyle=|\son\w+=|<script/);
  assert.match(html, /<title>Error: .+<\/title>/);
  const main = /<main[\s\S]*<\/main>/.exec(html)?.[0] ?? "";
  const text = textOf(main);
  const id = headers.get("x-request-id") ?? "none";
  assert.ok(text.includes(id), `${text} has no ${id}`);
  return {
    html,
    text,
    heading: textOf(/<h1[^>]*>([\s\S]*?)<\/h1>/.exec(main)?.[1] ?? ""),
    /** The hrefs of the links in `<main>`, by link text. */
    links: Object.fromEntries(
      [...main.matchAll(/<a [^>]*?href="([^"]*)"[^>]*>([\s\S]*?)<\/a>/g)].map(
        ([, href = "", words = ""]) => [textOf(words), href],
      ),
    ),
  };
}

const textOf = (html: string) =>
  html
    .replace(/<\/(p|h\d|li|a)>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, " ")
    .trim();
