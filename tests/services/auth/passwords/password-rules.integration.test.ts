import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { readPasswordRules } from "../../../../services/auth/passwords/password-rules.ts";
import { commonPasswords, email, rules } from "../../../support/auth/domain.ts";
import { useFolders } from "../../../support/folders.ts";

const issuesOf = (password: string, address = email) =>
  rules.issues(password, address);

describe("Password rules", () => {
  for (const [name, character] of [
    ["a letter", "ж"],
    ["an emoji of two UTF-16 units", "🎬"],
    ["a space", " "],
  ] as const) {
    it(`requires 8 characters, each of them ${name}`, () => {
      assert.deepEqual(issuesOf(character.repeat(7)), [
        "A password has at least 8 characters; this one has 7.",
      ]);
      assert.deepEqual(issuesOf(character.repeat(8)), []);
    });

    it(`allows 1024 characters, each of them ${name}`, () => {
      assert.deepEqual(issuesOf(character.repeat(1024)), []);
      assert.deepEqual(issuesOf(character.repeat(1025)), [
        "A password has 1024 characters at most; this one has 1025.",
      ]);
    });
  }

  it("rejects an empty password as too short", () => {
    assert.deepEqual(issuesOf(""), [
      "A password has at least 8 characters; this one has 0.",
    ]);
  });

  for (const common of [
    "password",
    "PASSWORD",
    "PassWord",
    "12345678",
    "Qwertyuiop",
    "letmein1",
  ])
    it(`rejects the common password ${common}`, () => {
      assert.deepEqual(issuesOf(common), [
        "This password is one that many people use, so it is guessed first.",
      ]);
    });

  it("rejects every listed password in upper case", () => {
    const all = readFileSync(commonPasswords, "utf8").trimEnd().split(/\r?\n/);
    assert.equal(all.length, 17_950);
    for (const common of all) {
      assert.ok([...common].length >= 8, common);
      assert.equal(issuesOf(common.toUpperCase()).length, 1, common);
    }
  });

  it("accepts a password that contains a common one", () => {
    assert.deepEqual(issuesOf("password "), []);
    assert.deepEqual(issuesOf("my password"), []);
  });

  it("rejects the email address, and the part before its @", () => {
    const address = "Ada.Lovelace@Example.com";
    for (const same of [
      address,
      "ada.lovelace@example.com",
      "ADA.LOVELACE",
      "ada.lovelace",
    ])
      assert.deepEqual(
        issuesOf(same, ` ${address} `),
        ["This password is your email address, or what is before its @."],
        same,
      );
    assert.deepEqual(issuesOf("ada.lovelace!", address), []);
    assert.deepEqual(issuesOf("example.com", address), []);
  });

  it("rejects lone surrogates", () => {
    assert.deepEqual(issuesOf("\ud83c".repeat(8)), [
      "This password has half a character (a surrogate) in it.",
    ]);
  });

  it("requires no capital letter, digit or symbol", () => {
    assert.deepEqual(issuesOf("correct horse battery"), []);
  });

  it("returns only sentences for any text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 2_000 }),
        fc.string({ unit: "binary" }),
        (password, address) => {
          for (const sentence of issuesOf(password, address))
            assert.match(sentence, /^(A|This) password .*\.$/);
        },
      ),
    );
  });
});

describe("readPasswordRules", () => {
  const folder = useFolders();
  const list = (text: string) =>
    join(folder({ "common.txt": text }), "common.txt");

  for (const [name, end] of [
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ] as const)
    it(`reads a list with ${name} line ends`, () => {
      const text = ["password", "12345678", "iloveyou", "correct horse"];
      const { issues } = readPasswordRules(list(text.join(end)));
      for (const common of text)
        assert.equal(issues(common, email).length, 1, common);
      assert.deepEqual(issues("another horse", email), []);
    });

  it("normalises the listed passwords", () => {
    const text = ["password", "12345678", "iloveyou", "contrasen\u0303a"];
    const { issues } = readPasswordRules(list(text.join("\n")));
    for (const common of ["contraseña", "CONTRASEN\u0303A"])
      assert.equal(issues(common, email).length, 1, common);
  });

  const wrong: [what: string, text: string, issue: string][] = [
    ["is empty", "", "it is empty"],
    ["has only empty lines", "\r\n\n", "it is empty"],
    [
      "lists something else",
      "<!doctype html>\n<title>Not found</title>\n",
      "it lacks password, 12345678, iloveyou",
    ],
    [
      "has all passwords on one line",
      "password 12345678 iloveyou",
      "it lacks password, 12345678, iloveyou",
    ],
    ["was cut off", "password\n12345678\n1234", "it lacks iloveyou"],
  ];
  for (const [what, text, issue] of wrong)
    it(`rejects a list that ${what}`, () => {
      const path = list(text);
      assert.throws(() => readPasswordRules(path), {
        name: "CommonPasswordsError",
        message: `${path} is not a list of the passwords that people use most, one per line: ${issue}.`,
      });
    });

  it("rejects a missing list", () => {
    assert.throws(() => readPasswordRules("/nowhere/common.txt"), {
      name: "CommonPasswordsError",
      message:
        "The list of common passwords can't be read: ENOENT: no such file or directory, open '/nowhere/common.txt'.",
    });
  });
});
