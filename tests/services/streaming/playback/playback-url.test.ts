import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import {
  createPlaybackUrls,
  type PlaybackUrls,
  playbackLifetimeSeconds,
} from "../../../../services/streaming/access/playback-url.ts";

const key = "the key of the tests' playback URLs";
const title = "northern-lights";
const viewer = "0b5f7f44-3a3c-4c8e-9d5e-2f7f1d8f6a10";
const noon = Date.UTC(2026, 10, 27, 12);

/** A replica, and the clock it uses. */
function replica(clock = { now: noon }, its = key): PlaybackUrls {
  return createPlaybackUrls({ key: its, now: () => clock.now });
}

const verify = (query: string, of = replica(), its = title) =>
  of.verify(its, new URLSearchParams(query));

describe("Playback URL", () => {
  const signed = replica().sign({ title, viewer });

  it("rejects a key shorter than 32 characters", () => {
    assert.throws(
      () => createPlaybackUrls({ key: "x".repeat(31) }),
      /has 31 characters; it needs at least 32/,
    );
  });

  for (const id of ["", "Northern", "a b", "a/b", "a--b", "-a", "../a", 'a","'])
    it(`rejects "${id}" as the id of a title`, () => {
      assert.throws(
        () => replica().sign({ title: id, viewer }),
        /is not a title id/,
      );
    });

  for (const id of ["", "me", viewer.toUpperCase(), `${viewer}0`])
    it(`rejects "${id}" as the id of a viewer`, () => {
      assert.throws(() => replica().sign({ title, viewer: id }), /not a UUID/);
    });

  it("rejects an invalid end date", () => {
    const until = new Date("soon");
    assert.throws(
      () => replica().sign({ title, viewer, until }),
      /not a valid date/,
    );
  });

  it("lets its viewer watch for ten minutes", () => {
    assert.match(
      signed,
      new RegExp(`^expires=\\d+&viewer=${viewer}&signature=[\\w-]{43}$`),
    );
    assert.equal(playbackLifetimeSeconds, 600);
    const expires = new Date(noon + 600_000);
    assert.deepEqual(verify(signed), { viewer, expires });
  });

  it("accepts a URL until it expires, and rejects it from then on", () => {
    const clock = { now: noon };
    const later = replica(clock);
    clock.now = noon + 600_000 - 1;
    assert.equal("viewer" in verify(signed, later), true);
    for (const late of [600_000, 601_000, 86_400_000]) {
      clock.now = noon + late;
      assert.deepEqual(verify(signed, later), { rejected: "expired" });
    }
  });

  it("expires no later than the viewer's access ends", () => {
    const until = new Date(noon + 90_900);
    const short = replica().sign({ title, viewer, until });
    const expires = new Date(noon + 90_000);
    assert.deepEqual(verify(short), { viewer, expires });
    const over = replica().sign({ title, viewer, until: new Date(noon - 1) });
    assert.deepEqual(verify(over), { rejected: "expired" });
    const never = replica().sign({ title, viewer, until: new Date(0) });
    assert.deepEqual(verify(never), { rejected: "expired" });
  });

  it("expires after ten minutes when the viewer's access lasts longer", () => {
    const until = new Date(noon + 86_400_000);
    assert.equal(replica().sign({ title, viewer, until }), signed);
  });

  it("signs the same URL on every replica, and accepts it on every replica", () => {
    assert.equal(replica().sign({ title, viewer }), signed);
    assert.equal("viewer" in verify(signed, replica()), true);
  });

  it("rejects a URL signed with another key or for another title", () => {
    const other = replica(undefined, `${key}!`);
    assert.deepEqual(verify(signed, other), { rejected: "wrong" });
    for (const its of ["northern-light", "southern-lights", "", "x"])
      assert.deepEqual(verify(signed, replica(), its), { rejected: "wrong" });
  });

  it("reports a changed expiry as wrong, not as expired", () => {
    const query = new URLSearchParams(signed);
    query.set("expires", "1");
    assert.deepEqual(verify(`${query}`), { rejected: "wrong" });
  });

  it("reports a query without any signed parameter as missing", () => {
    for (const query of ["", "t=5", "Expires=1"])
      assert.deepEqual(verify(query), { rejected: "missing" });
  });

  it("accepts the signed parameters among others", () => {
    assert.equal("viewer" in verify(`t=5&${signed}&x=`), true);
  });

  const { expires, signature } = Object.fromEntries(
    new URLSearchParams(signed),
  ) as Record<string, string>;
  const parts = { expires, viewer, signature };
  const malformed: Record<string, string> = {
    "without expires": `viewer=${viewer}&signature=${signature}`,
    "without viewer": `expires=${expires}&signature=${signature}`,
    "without signature": `expires=${expires}&viewer=${viewer}`,
  };
  for (const [name, value] of Object.entries(parts)) {
    malformed[`with ${name} twice`] = `${signed}&${name}=${value}`;
    malformed[`with another ${name} before it`] = `${name}=1&${signed}`;
    malformed[`with an empty ${name}`] = signed.replace(
      `${name}=${value}`,
      `${name}=`,
    );
  }
  const wrongs: Record<string, [string, string]> = {
    "a leading zero in expires": ["expires", `0${expires}`],
    "a plus sign in expires": ["expires", `%2B${expires}`],
    "a space in expires": ["expires", `+${expires}`],
    "an exponent in expires": ["expires", "9e9"],
    "a fraction in expires": ["expires", `${expires}.0`],
    "a negative expires": ["expires", `-${expires}`],
    "an expires of 13 digits": ["expires", "9".repeat(13)],
    "an upper-case viewer": ["viewer", viewer.toUpperCase()],
    "a viewer in braces": ["viewer", `{${viewer}}`],
    "padding after the signature": ["signature", `${signature}=`],
    "a short signature": ["signature", `${signature}`.slice(1)],
    "a signature that is not base64url": [
      "signature",
      `${signature}`.replace(/.$/, "é"),
    ],
  };
  for (const [what, [name, value]] of Object.entries(wrongs))
    malformed[`with ${what}`] = signed.replace(
      new RegExp(`${name}=[^&]*`),
      () => `${name}=${value}`,
    );
  for (const [what, query] of Object.entries(malformed))
    it(`reports a query ${what} as malformed`, () => {
      assert.deepEqual(verify(query), { rejected: "malformed" });
    });

  it("rejects a query with any one character changed", () => {
    const alphabet = [..."0123456789abcdefghijklmnopqrstuvwxyzABCXYZ-_=&.%+"];
    fc.assert(
      fc.property(
        fc.nat(signed.length - 1),
        fc.constantFrom(...alphabet),
        (at, character) => {
          fc.pre(signed[at] !== character);
          const changed =
            signed.slice(0, at) + character + signed.slice(at + 1);
          assert.equal("rejected" in verify(changed), true, changed);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("rejects any other expiry, viewer or title than the signed one", () => {
    const grant = fc.record({
      title: fc.stringMatching(/^[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}$/),
      viewer: fc.constant("").map(() => randomUUID() as string),
      until: fc.date({
        noInvalidDate: true,
        min: new Date(noon + 1_000),
        max: new Date(noon + 600_000),
      }),
    });
    fc.assert(
      fc.property(grant, grant, (one, other) => {
        const mine = new URLSearchParams(replica().sign(one));
        const accepted = replica().verify(one.title, mine);
        assert.equal("viewer" in accepted && accepted.viewer, one.viewer);
        const theirs = new URLSearchParams(replica().sign(other));
        for (const name of ["expires", "viewer"]) {
          if (mine.get(name) === theirs.get(name)) continue;
          const mixed = new URLSearchParams(mine);
          mixed.set(name, theirs.get(name) as string);
          assert.deepEqual(replica().verify(one.title, mixed), {
            rejected: "wrong",
          });
        }
        if (one.title !== other.title)
          assert.deepEqual(replica().verify(other.title, mine), {
            rejected: "wrong",
          });
      }),
    );
  });
});
