import { readFileSync } from "node:fs";
import { emailKey } from "../email-address.ts";

/** NIST SP 800-63B asks for 8 at least, and for no less than 64 to be allowed. */
const minLength = 8;

/** Far more than any password manager makes; the hash takes the same time for all of them. */
const maxLength = 1024;

/** Passwords that every list of common ones has. */
const expectedEntries = ["password", "12345678", "iloveyou"];

/** The list of common passwords can't be used. Without it, every password would be accepted. */
export class CommonPasswordsError extends Error {
  override readonly name = "CommonPasswordsError";
}

export interface PasswordRules {
  /**
   * Why a password is not accepted, a sentence each; none if it is.
   * @param email whose password it is to be
   */
  issues(password: string, email: string): string[];
}

/**
 * The normal form of a password (RFC 8265, OpaqueString), which is what is counted, compared and hashed: every space is U+0020,
 * and characters are composed (NFC), because some systems send é as one code point and others as two. Nothing else changes.
 *
 * RFC 8265 disallows control characters and unassigned code points. They are accepted: existing passwords may contain them, and
 * refusing them makes no password safer. NFC never changes for assigned code points. Where it changes because Unicode assigns
 * one, a login verifies the password as it was sent as well, and stores a new hash.
 */
export function normalisePassword(password: string): string {
  // A run of combining marks takes quadratic time. At most 4 code points compose into one (UAX #15): this is too long anyway.
  if ([...password].length > 4 * maxLength) return password;
  return password.replace(/\p{Zs}/gu, " ").normalize("NFC");
}

/**
 * What passwords have to be: 8 to 1024 characters, none that people use most, not the email address. Nothing is asked about
 * kinds of characters: that makes passwords easier to guess, not harder (NIST SP 800-63B, 3.1.1.2).
 *
 * Characters are the Unicode code points of the password's normal form. Nothing is trimmed or cut: that would accept passwords
 * that nobody chose.
 * @param commonPasswords path of a file that has one a line
 * @throws CommonPasswordsError if the file can't be read, or is not such a list
 */
export function readPasswordRules(commonPasswords: string): PasswordRules {
  const common = readCommonPasswords(commonPasswords);
  return {
    issues(password, email) {
      const normal = normalisePassword(password);
      const { length } = [...normal];
      if (length < minLength)
        return [
          `A password has at least ${minLength} characters; this one has ${length}.`,
        ];
      if (length > maxLength)
        return [
          `A password has ${maxLength} characters at most; this one has ${length}.`,
        ];
      const lowered = normal.toLowerCase();
      const key = emailKey(email);
      return [
        // Two different ones would be the same in UTF-8.
        ...(normal.isWellFormed()
          ? []
          : ["This password has half a character (a surrogate) in it."]),
        ...(common.has(lowered)
          ? [
              "This password is one that many people use, so it is guessed first.",
            ]
          : []),
        ...(emailKey(normal) === key || lowered === key.split("@", 1)[0]
          ? ["This password is your email address, or what is before its @."]
          : []),
      ];
    },
  };
}

/** In their normal form and in lower case. */
function readCommonPasswords(path: string): ReadonlySet<string> {
  const lines = readText(path).split(/\r?\n/);
  const passwords = new Set(
    lines.map((line) => normalisePassword(line).toLowerCase()),
  );
  passwords.delete("");
  const missing = expectedEntries.filter(
    (password) => !passwords.has(password),
  );
  if (missing.length > 0)
    throw new CommonPasswordsError(
      `${path} is not a list of the passwords that people use most, one per line: it ${passwords.size === 0 ? "is empty" : `lacks ${missing.join(", ")}`}.`,
    );
  return passwords;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CommonPasswordsError(
      `The list of common passwords can't be read: ${(error as Error).message}.`,
    );
  }
}
