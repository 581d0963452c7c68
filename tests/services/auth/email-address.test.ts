import assert from "node:assert/strict";
import fc from "fast-check";
import {
  asciiEmail,
  emailIssue,
  emailKey,
} from "../../../services/auth/email-address.ts";

const notAnAddress = "This is not an email address, such as name@example.com.";

/** Asserts that an address is accepted, and stored as `stored`. */
function isStoredAs(typed: string, stored: string) {
  assert.equal(emailIssue(typed), undefined, typed);
  assert.equal(asciiEmail(typed), stored);
  assert.equal(emailKey(typed), stored.toLowerCase());
}

describe("Email addresses with an international domain", () => {
  it("treats every spelling as the same address", () => {
    for (const same of [
      "joerg@münchen-beispiel.de",
      "joerg@mu\u0308nchen-beispiel.de",
      "joerg@MÜNCHEN-Beispiel.DE",
      "joerg@xn--mnchen-beispiel-zvb.de",
      "joerg@XN--MNCHEN-BEISPIEL-ZVB.de",
      " JOERG@münchen-beispiel。de\n",
    ]) {
      assert.equal(emailIssue(same), undefined, same);
      assert.equal(emailKey(same), "joerg@xn--mnchen-beispiel-zvb.de", same);
    }
  });

  it("stores the domain in ASCII, and the rest as entered", () => {
    isStoredAs(" Joerg@MÜNCHEN.de\t", "Joerg@xn--mnchen-3ya.de");
    isStoredAs("Joerg@Example.com", "Joerg@Example.com");
  });

  const accepted: [what: string, typed: string, stored: string][] = [
    [
      "an ideographic full stop",
      "joerg@münchen。de",
      "joerg@xn--mnchen-3ya.de",
    ],
    ["a full-width full stop", "joerg@münchen．de", "joerg@xn--mnchen-3ya.de"],
    ["a half-width full stop", "joerg@münchen｡de", "joerg@xn--mnchen-3ya.de"],
    ["full-width letters", "ada@ｅｘａｍｐｌｅ．ｃｏｍ", "ada@example.com"],
    ["a soft hyphen", "ada@exam\u00adple.com", "ada@example.com"],
    ["ß, which differs from ss", "ada@straße.de", "ada@xn--strae-oqa.de"],
    ["ς, which differs from σ", "ada@νόμος.gr", "ada@xn--xxabhm1c.gr"],
    ["letters of several scripts", "ada@аdа.com", "ada@xn--d-7sbb.com"],
    [
      "an international top-level domain",
      "a@例え.テスト",
      "a@xn--r8jz45g.xn--zckzah",
    ],
    ["right-to-left letters", "ada@דוגמה.example", "ada@xn--6dbbec0c.example"],
    [
      "one label already in ASCII form",
      "ada@xn--mnchen-3ya.straße.de",
      "ada@xn--mnchen-3ya.xn--strae-oqa.de",
    ],
  ];
  for (const [what, typed, stored] of accepted)
    it(`accepts an address with ${what}`, () => isStoredAs(typed, stored));

  const refused: [what: string, typed: string][] = [
    ["a full-width @", "joerg＠münchen.de"],
    ["a full-width @ in the domain", "joerg@mün＠chen.de"],
    ["a full stop at the end", "joerg@münchen.de."],
    ["an ideographic full stop at the end", "joerg@münchen.de。"],
    ["an empty label", "joerg@münchen..de"],
    ["an empty label between ideographic full stops", "joerg@münchen。。de"],
    ["an empty first label", "joerg@。münchen.de"],
    ["no full stop", "joerg@münchen"],
    ["an IP address in full-width digits", "joerg@１２７.0.0.1"],
    ["only full-width digits", "joerg@２.３"],
    ["a number for a top-level domain", "joerg@münchen.1"],
    [
      "a label of more than 63 characters in ASCII form",
      `joerg@${"ü".repeat(60)}.de`,
    ],
    ["a combining mark at the start", "joerg@\u0301unchen.de"],
    ["a hyphen at the start", "joerg@-münchen.de"],
    ["a hyphen at the end of a label", "joerg@münchen-.de"],
    ["an underscore", "joerg@mün_chen.de"],
    ["a full-width underscore", "joerg@mün＿chen.de"],
    ["a space", "joerg@mün chen.de"],
    ["an ideographic space", "joerg@mün\u3000chen.de"],
    ["a tab", "joerg@mün\tchen.de"],
    ["a path", "joerg@münchen.de/x"],
    ["a port", "joerg@münchen.de:25"],
    ["a fragment", "joerg@münchen.de#x"],
    ["percent encoding", "joerg@m%C3%BCnchen.dé"],
    ["a full-width percent sign", "joerg@mün％41.de"],
    ["a label that is not Punycode", "joerg@xn--a.münchen.de"],
    [
      "an international label that claims to be Punycode",
      "joerg@xn--münchen.de",
    ],
    ["a right-to-left override", "joerg@mün\u202echen.de"],
    ["letters of both directions in one label", "joerg@aדוגמה.de"],
    ["a zero-width joiner", "joerg@mün\u200dchen.de"],
    ["a lone surrogate", "joerg@mün\ud800chen.de"],
    ["a second @", "joerg@münchen@example.com"],
  ];
  for (const [what, typed] of refused)
    it(`rejects an address with ${what}`, () => {
      assert.equal(emailIssue(typed), notAnAddress);
    });

  it("rejects letters outside ASCII before the @ with the reason", () => {
    for (const typed of [
      "jörg@münchen-beispiel.de",
      "jo\u0308rg@münchen-beispiel.de",
      "jörg@example.com",
      "adа@example.com", // a Cyrillic letter
      "jörg@nowhere",
    ])
      assert.equal(
        emailIssue(typed),
        "The part before the @ can only contain the letters a to z, digits and punctuation: many mail systems can't deliver to anything else.",
        typed,
      );
  });

  it("limits addresses to 254 characters with the domain in ASCII form", () => {
    const domain = (last: number) =>
      `${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(last)}.münchen.de`;
    const typed = (last: number) => `${"a".repeat(64)}@${domain(last)}`;
    assert.equal(asciiEmail(typed(43)).length, 254);
    assert.equal(emailIssue(typed(43)), undefined);
    assert.equal(typed(44).length, 248);
    assert.equal(
      emailIssue(typed(44)),
      "An email address has 254 characters at most, with its domain in ASCII form; this one has 255.",
    );
    assert.equal(
      emailIssue(`${"a".repeat(300)}@example.com`),
      "An email address has 254 characters at most; this one has 312.",
    );
  });

  it("rejects long domains in linear time", () => {
    // In quadratic time, a million repetitions would exceed the test's timeout.
    for (const domain of ["ü\u0323\u0301", "ü.", "a\u0345\u0301", "xn--ü."])
      assert.match(
        emailIssue(`ada@${domain.repeat(1_000_000)}`) ?? "",
        /254 characters at most/,
      );
  });

  it("maps a stored address to itself", () => {
    const label = fc.oneof(
      fc.stringMatching(/^[a-zA-Z0-9-]{1,8}$/),
      fc.string({ unit: "binary", minLength: 1, maxLength: 8 }),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
      fc.string({
        unit: fc.constantFrom(
          ..."aZ9-_.@:/%üßжא例。．＠％１\u0301\u00ad\u200d",
        ),
        minLength: 1,
      }),
    );
    let international = 0;
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 4 }), (labels) => {
        const typed = `Ada@${labels.join(".")}`;
        if (emailIssue(typed)) return;
        const stored = asciiEmail(typed);
        if (stored !== typed.trim()) international++;
        assert.match(stored, /^[\w.@-]+$/);
        assert.equal(emailIssue(stored), undefined);
        assert.equal(asciiEmail(stored), stored);
        assert.equal(emailKey(stored), emailKey(typed));
      }),
      { numRuns: 3_000 },
    );
    assert.ok(international > 50, `${international} international domains`);
  });
});

describe("Email addresses in ASCII", () => {
  it("stores addresses as entered, so that every account keeps its address", () => {
    for (const typed of [
      "Ada@Example.COM",
      "1@2.3",
      "ada@127.0.0.1",
      "ada@0x7f.1",
      "x@xn--mller-kva.example",
      "ada@xn--a.example",
      "ada@r3---sn.example.com",
    ])
      isStoredAs(typed, typed);
  });

  it("rejects addresses with parts of a URL", () => {
    for (const typed of [
      "ada@example.com:25",
      "ada@example.com/x",
      "ada@%65xample.com",
      "ada@exa\tmple.com",
      "ada@[::1]",
    ]) {
      assert.equal(asciiEmail(typed), typed);
      assert.equal(emailIssue(typed), notAnAddress);
    }
  });
});
