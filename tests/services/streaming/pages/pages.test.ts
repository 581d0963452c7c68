import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Html } from "@marquee/service-kit";
import { homePage } from "../../../../services/streaming/pages/home.ts";
import { membershipPage } from "../../../../services/streaming/pages/membership.ts";
import { messagePage } from "../../../../services/streaming/pages/message.ts";
import { plansPage } from "../../../../services/streaming/pages/plans.ts";
import {
  changeCardPage,
  subscribePage,
} from "../../../../services/streaming/pages/subscribe.ts";
import { titlePage } from "../../../../services/streaming/pages/title.ts";
import { waitingPage } from "../../../../services/streaming/pages/waiting.ts";
import { watchPage } from "../../../../services/streaming/pages/watch.ts";
import {
  payment,
  plans,
  read,
  subscription,
  tide,
  title,
  viewer,
} from "../../../support/programs/streaming-pages.ts";

/** Markup that an attacker would put into a name, an address or a field. */
const evil = `"><script>alert(1)</script><img src=x onerror='alert(1)'>`;
const evilTitle = {
  ...title,
  name: evil,
  tagline: evil,
  genre: evil,
  description: evil,
};
const [plan] = plans as [(typeof plans)[0]];
const card = {
  viewer: { email: evil },
  key: evil,
  values: { expiry: evil },
  errors: { alert: evil, fields: { number: evil, cvc: evil } },
  testCards: [{ number: "4242424242424242", what: evil }],
};
const playback = {
  url: "/stream/x?signature=a",
  hls: "/stream/x/index.m3u8?signature=a",
  expiresAt: new Date(),
  position: 3,
};

const pages: Record<string, Html> = {
  home: homePage({ featured: title, titles: [title, tide], from: plan }),
  "home (signed in)": homePage({
    viewer,
    featured: evilTitle,
    continueWatching: [{ ...evilTitle, position: 3 }],
    titles: [evilTitle],
    notice: evil,
  }),
  title: titlePage({ title: evilTitle, entitled: false }),
  "title (signed in)": titlePage({
    viewer,
    title: evilTitle,
    position: 3,
    entitled: "unknown",
  }),
  watch: watchPage({ title: evilTitle, playback, next: evilTitle }),
  plans: plansPage({ plans: [{ ...plan, name: evil, id: evil }] }),
  "plans (signed in)": plansPage({ viewer, plans, current: "basic" }),
  subscribe: subscribePage({ ...card, plan: { ...plan, name: evil } }),
  "change card": changeCardPage({
    ...card,
    method: { brand: evil, last4: evil },
  }),
  membership: membershipPage({
    viewer,
    subscription: {
      ...subscription,
      plan: evil,
      next_action: { url: evil },
    },
    payments: [
      payment,
      { ...payment, status: "declined", decline: { message: evil } },
    ],
    notice: evil,
    cancelKey: evil,
    resumeKey: evil,
  }),
  message: messagePage({
    title: evil,
    text: evil,
    actions: [{ text: evil, href: evil }],
    requestId: evil,
  }),
  waiting: waitingPage({ viewer, url: evil }),
};

for (const [name, page] of Object.entries(pages))
  describe(`Page: ${name}`, () => {
    it("contains nothing that the Content-Security-Policy blocks, whatever names and texts are", async () => {
      const { html } = await read(page);
      const tags = html.match(/<[a-z][^>]*>/gi) ?? [];
      for (const tag of tags)
        assert.doesNotMatch(
          tag.replace(/"[^"]*"/g, '""'),
          /\son\w+=|\sstyle=|<style/i,
        );
      for (const [, attributes = ""] of html.matchAll(/<script([^>]*)>/g))
        assert.match(
          attributes,
          /^ type="module" src="\/assets\/\w+\.js"$|^ type="application\/json" id="playback"$/,
        );
    });

    it("escapes markup in names and texts", async () => {
      const { html } = await read(page);
      assert.doesNotMatch(html, /<script>|<img src=x/);
    });

    it("has a language, a title, a description, one first heading and one main part", async () => {
      const { html } = await read(page);
      assert.match(html, /^<!doctype html>\n<html lang="en">/);
      assert.match(html, /<title>.+ – Marquee<\/title>/);
      assert.match(html, /<meta name="description" content="[^"]{20,}">/);
      assert.equal(html.match(/<h1/g)?.length, 1);
      assert.equal(html.match(/<main/g)?.length, 1);
    });

    it("has unique ids, and references to existing ids only", async () => {
      const { html } = await read(page);
      const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
      assert.equal(new Set(ids).size, ids.length, `${ids}`);
      for (const [, named = ""] of html.matchAll(
        /\s(?:for|aria-labelledby|aria-describedby|href)="#?([\w -]+)"/g,
      ))
        for (const id of named.split(" ")) assert.ok(ids.includes(id), id);
    });

    it("has a label for each visible field", async () => {
      const { html } = await read(page);
      for (const [input] of html.matchAll(/<input (?!type="hidden")[^>]*>/g)) {
        const id = /id="([^"]*)"/.exec(input)?.[1];
        const label =
          html.includes(`<label for="${id}">`) ||
          new RegExp(`<label[^>]*>${input}`).test(html);
        assert.ok(label, input);
      }
    });

    it("has an alt attribute on each picture", async () => {
      const { html } = await read(page);
      for (const [img] of html.matchAll(/<img [^>]*>/g))
        assert.match(img, / alt="/);
    });
  });

describe("Page frame", () => {
  it("links to plans and sign-in when signed out", async () => {
    const { links, form } = await read(pages.home as Html);
    assert.equal(links.Plans, "/plans");
    assert.equal(links["Start watching"], "/plans");
    assert.equal(links["Sign in"], "/sign-in");
    assert.equal(form("/sign-out"), undefined);
    assert.equal(links.Account, undefined);
  });

  it("links to membership and account when signed in, with a form to sign out", async () => {
    const { links, form } = await read(pages["home (signed in)"] as Html);
    assert.equal(links.Membership, "/membership");
    assert.equal(links.Account, "/account");
    assert.deepEqual(form("/sign-out"), {});
    assert.equal(links["Sign in"], undefined);
  });

  it("marks the current page for screen readers", async () => {
    const { html } = await read(pages.membership as Html);
    assert.match(html, /<a href="\/membership" aria-current="page">/);
    assert.equal(html.match(/aria-current/g)?.length, 1);
  });

  it("starts with a link that skips to the content", async () => {
    const { html } = await read(pages.home as Html);
    assert.match(html, /<body[^>]*>\s*<a class="skip" href="#main">/);
  });
});

describe("Stylesheet", () => {
  const style = readFileSync("services/streaming/assets/style.css", "utf8");

  it("loads nothing from elsewhere", () => {
    assert.doesNotMatch(style, /url\(|@import/);
  });

  it("animates nothing outside the query for prefers-reduced-motion", () => {
    const [still = ""] = style.split("@media (prefers-reduced-motion");
    assert.doesNotMatch(still, /\b(animation|transition|scroll-behavior):/);
  });

  it("has a rule for every class that pages use", async () => {
    const all = await Promise.all(Object.values(pages).map(read));
    const used = all.flatMap(({ html }) =>
      [...html.matchAll(/class="([\w -]+)"/g)].flatMap(([, names = ""]) =>
        names.split(" "),
      ),
    );
    const free = ["catalogue", "requires_confirmation", "processing"];
    for (const name of new Set(used))
      assert.ok(
        free.includes(name) || new RegExp(`\\.${name}\\b`).test(style),
        name,
      );
  });
});
