import assert from "node:assert/strict";
import { mock } from "node:test";
import fc from "fast-check";
import { normalisePassword } from "../../../../services/auth/passwords/password-rules.ts";
import { email, rules } from "../../../support/auth/domain.ts";

const issuesOf = (password: string, address = email) =>
  rules.issues(password, address);

/** Every character of Unicode, without surrogates. */
function* characters() {
  for (let codePoint = 0; codePoint < 0x110000; codePoint++)
    if (codePoint < 0xd800 || codePoint > 0xdfff)
      yield String.fromCodePoint(codePoint);
}

describe("normalisePassword", () => {
  it("returns the same form for composed and decomposed characters", () => {
    for (const [typed, normal] of [
      [
        "pa\u0308sswo\u0308rd with u\u0308mlauts e\u0301",
        "pässwörd with ümlauts é",
      ],
      ["\u1112\u1161\u11ab", "한"],
      ["\u212b", "Å"], // the sign for ångström
      ["q\u0307\u0323", "q\u0323\u0307"], // marks in another order
    ] as const) {
      assert.equal(normalisePassword(typed), normal);
      assert.equal(normalisePassword(normal), normal);
    }
  });

  it("replaces every Unicode space with U+0020, and nothing else", () => {
    const spaces =
      "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000";
    assert.equal(normalisePassword(spaces), " ".repeat(16));
    for (const character of characters())
      assert.equal(
        normalisePassword(character) === " ",
        /\p{Zs}/u.test(character),
        character,
      );
  });

  it("keeps case, width, ligatures, control characters and surrounding space", () => {
    for (const kept of [
      "PässWörd",
      "ｐａｓｓｗｏｒｄ",
      "ﬁre²",
      "  engine  ",
      "tab\tand\r\nline",
      "zero\0width\u200bjoiner\u200d",
      "unassigned\u0378private\ue000",
      "half\ud800",
    ])
      assert.equal(normalisePassword(kept), kept);
  });

  it("leaves a normal form unchanged", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string({ unit: "grapheme" }),
          fc.string({
            unit: fc.constantFrom(
              ..."aé \u0301\u0323\u0345\u00a0\u2000\u3000\u1112\u1161\u11ab\u0958\u{1d160}\ud800\udc00",
            ),
          }),
        ),
        (password) => {
          const normal = normalisePassword(password);
          assert.equal(normalisePassword(normal), normal);
          assert.equal(normalisePassword(password.normalize("NFD")), normal);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("normalises every form of the longest password, whose characters decompose into 4 at most", () => {
    let most = 0;
    for (const character of characters())
      most = Math.max(most, [...character.normalize("NFD")].length);
    assert.equal(most, 4);
    const longest = "\u1f82".repeat(1024);
    assert.equal(normalisePassword(longest.normalize("NFD")), longest);
    assert.deepEqual(issuesOf(longest.normalize("NFD")), []);
  });

  it("does not normalise longer text, which would take quadratic time", () => {
    const marks = `a${"\u0345\u0301\u0315\u0316\u0327\u05b0\u0334".repeat(4_500)}`;
    const normalize = mock.method(String.prototype, "normalize");
    try {
      assert.equal(normalisePassword(marks), marks);
      assert.equal(normalize.mock.callCount(), 0);
    } finally {
      normalize.mock.restore();
    }
    assert.deepEqual(issuesOf(marks), [
      "A password has 1024 characters at most; this one has 31501.",
    ]);
  });
});

describe("Password rules: Unicode forms", () => {
  it("counts the characters of the normal form", () => {
    assert.deepEqual(issuesOf("e\u0301".repeat(7)), [
      "A password has at least 8 characters; this one has 7.",
    ]);
    assert.deepEqual(issuesOf("e\u0301".repeat(1024)), []);
    // Their normal form is longer: two characters each.
    assert.deepEqual(issuesOf("\u0958".repeat(4)), []);
    assert.deepEqual(issuesOf("\u0958".repeat(513)), [
      "A password has 1024 characters at most; this one has 1026.",
    ]);
  });

  it("compares the normal form with common passwords", () => {
    // The Kelvin sign's normal form is K.
    for (const common of ["\u212aristina", "\u212aRISTINA", "kristina"])
      assert.deepEqual(issuesOf(common), [
        "This password is one that many people use, so it is guessed first.",
      ]);
  });

  it("compares the normal form with the email address in every spelling of its domain", () => {
    const address = "joerg@münchen-beispiel.de";
    for (const same of [
      address,
      address.normalize("NFD"),
      "Joerg@MÜNCHEN-beispiel.de",
      "joerg@xn--mnchen-beispiel-zvb.de",
    ])
      for (const stored of [address, "joerg@xn--mnchen-beispiel-zvb.de"])
        assert.deepEqual(
          issuesOf(same, stored),
          ["This password is your email address, or what is before its @."],
          same,
        );
    assert.deepEqual(issuesOf("\u212aate.bell", "kate.bell@example.com"), [
      "This password is your email address, or what is before its @.",
    ]);
    assert.deepEqual(issuesOf("münchen-beispiel.de", address), []);
  });
});
