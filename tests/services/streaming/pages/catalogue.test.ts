import assert from "node:assert/strict";
import { homePage } from "../../../../services/streaming/pages/home.ts";
import { titlePage } from "../../../../services/streaming/pages/title.ts";
import { watchPage } from "../../../../services/streaming/pages/watch.ts";
import {
  plans,
  read,
  tide,
  title,
  viewer,
} from "../../../support/programs/streaming-pages.ts";

describe("Home page", () => {
  const catalogue = { featured: title, titles: [title, tide] };

  it("shows the price and the titles to a signed-out visitor", async () => {
    const { text, links } = await read(
      homePage({ ...catalogue, from: plans[0] }),
    );
    assert.match(text, /From \$7\.99 a month\. Cancel whenever you like\./);
    assert.equal(links["Northern Lights"], "/titles/northern-lights");
    assert.doesNotMatch(text, /Continue watching/);
  });

  it("shows no price when none is known", async () => {
    const { text } = await read(homePage(catalogue));
    assert.doesNotMatch(text, /From/);
    assert.match(text, /Cancel whenever you like\./);
  });

  it("shows each title's length and genre", async () => {
    const { text } = await read(homePage({ ...catalogue, viewer }));
    assert.match(text, /Northern Lights 25 s · Nature/);
    assert.match(text, /The Long Tide 1 h 42 min · Nature/);
  });

  it("links to the featured title's player and page", async () => {
    const { links } = await read(homePage({ ...catalogue, viewer }));
    assert.equal(links["Play Northern Lights"], "/watch/northern-lights");
    assert.equal(
      links["More about Northern Lights"],
      "/titles/northern-lights",
    );
  });

  it("shows a title to continue, with the position in it", async () => {
    const { html, text } = await read(
      homePage({
        ...catalogue,
        viewer,
        continueWatching: [{ ...tide, position: 3061.4 }],
      }),
    );
    assert.match(text, /Resume The Long Tide At 51:01 of 1:42:00/);
    assert.match(
      html,
      /<progress max="6120" value="3061" aria-label="How far you are in The Long Tide">/,
    );
    assert.match(html, /<a class="begun" href="\/watch\/the-long-tide">/);
  });

  it("shows the notice of a completed action", async () => {
    const notice = "Your membership has begun.";
    const { html } = await read(homePage({ ...catalogue, viewer, notice }));
    assert.match(html, /role="status">Your membership has begun\.</);
  });
});

describe("Title page", () => {
  it("links to the player when the viewer is entitled or the entitlement is unknown", async () => {
    for (const entitled of [true, "unknown"] as const) {
      const { links } = await read(titlePage({ viewer, title, entitled }));
      assert.equal(links.Play, "/watch/northern-lights");
      assert.equal(links["Subscribe to watch"], undefined);
    }
  });

  it("offers to resume or to start from the beginning", async () => {
    const { links } = await read(
      titlePage({ viewer, title, position: 12.9, entitled: true }),
    );
    assert.equal(links["Resume at 0:12"], "/watch/northern-lights");
    assert.equal(
      links["Start from the beginning"],
      "/watch/northern-lights?from=start",
    );
    assert.equal(links.Play, undefined);
  });

  it("links to the plans when the viewer is not entitled, and to sign-in when signed out", async () => {
    const member = await read(titlePage({ viewer, title, entitled: false }));
    assert.equal(member.links["Subscribe to watch"], "/plans");
    assert.ok(!Object.values(member.links).some((to) => /watch\//.test(to)));
    const other = await read(titlePage({ title, entitled: false }));
    assert.equal(other.links["Subscribe to watch"], "/plans");
    assert.equal(other.links["Sign in"], "/sign-in");
  });
});

describe("Watch page", () => {
  const playback = {
    url: "/stream/northern-lights?expires=1&signature=</script>",
    hls: "/stream/northern-lights/index.m3u8?expires=1",
    expiresAt: new Date("2026-11-27T08:00:00Z"),
    position: 12.5,
  };

  it("passes playback data to its script, escaped so that it can't end the script element", async () => {
    const { html } = await read(watchPage({ title, playback }));
    const json = /id="playback">(.*?)<\/script>/s.exec(html)?.[1] ?? "";
    assert.doesNotMatch(json, /</);
    assert.deepEqual(JSON.parse(json), {
      id: "northern-lights",
      name: "Northern Lights",
      url: playback.url,
      hls: playback.hls,
      expires_at: "2026-11-27T08:00:00.000Z",
      position: 12.5,
    });
  });

  it("plays from the saved position without JavaScript", async () => {
    const { tag } = await read(watchPage({ title, playback }));
    assert.match(tag("video") ?? "", / controls /);
    assert.match(
      tag("video") ?? "",
      / src="\/stream\/northern-lights\?expires=1&amp;signature=&lt;\/script&gt;#t=12\.5"/,
    );
  });

  it("passes an unknown position to its script as null, and shows none", async () => {
    const unknown = { ...playback, position: null };
    const { html, tag } = await read(watchPage({ title, playback: unknown }));
    assert.match(html, /"position":null}<\/script>/);
    assert.doesNotMatch(html, /You were at/);
    assert.doesNotMatch(tag("video") ?? "", /#t=/);
  });

  it("offers the next title and a replay at the end", async () => {
    const { links } = await read(watchPage({ title, playback, next: tide }));
    assert.equal(links["Play The Long Tide"], "/watch/the-long-tide");
    assert.equal(links["Watch again"], "/watch/northern-lights?from=start");
    const last = await read(watchPage({ title, playback }));
    assert.match(last.text, /The end/);
  });

  it("hides messages that apply later", async () => {
    const { tag } = await read(watchPage({ title, playback, next: tide }));
    for (const id of ["ended", "membership-ended", "signed-out", "keys"])
      assert.match(tag(id) ?? "", / hidden[ >]/);
  });
});
