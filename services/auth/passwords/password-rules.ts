import { readFileSync } from "node:fs";
import { emailKey } from "../email-address.ts";

/** NIST SP 800-63B requires a minimum of 8, and a maximum of no less than 64. */
const minLength = 8;

/** More than any password manager generates. Hashing takes the same time for all lengths up to this. */
const maxLength = 1024;

/** Entries of every list of common passwords, to detect a wrong file. */
const expectedEntries = ["password", "12345678", "iloveyou"];

/**
 * The list of common passwords is unusable. The service does not start without it: common passwords would be accepted.
 */
export class CommonPasswordsError extends Error {
  override readonly name = "CommonPasswordsError";
}

export interface PasswordRules {
  /** The reasons for rejecting a password, one sentence each. Empty if the password is accepted.
   * @param email the account's address
   */
  issues(password: string, email: string): string[];
}

/**
 * Normalizes a password (RFC 8265, OpaqueString): all spaces become U+0020, and characters are composed (NFC), because
 * some systems send é as one code point and others as two. Length checks, comparisons and hashes use the normalized
 * form.
 *
 * Unlike RFC 8265, control characters and unassigned code points are accepted: existing passwords may contain them, and
 * rejecting them makes no password safer. NFC is stable for assigned code points. If a new Unicode version changes the
 * form of a password, login verifies the password as entered as well and then stores a new hash.
 */
export function normalisePassword(password: string): string {
  // Normalizing a long run of combining marks takes quadratic time. At most 4 code points compose into one (UAX #15),
  // so this password is too long in any case.
  if ([...password].length > 4 * maxLength) return password;
  return password.replace(/\p{Zs}/gu, " ").normalize("NFC");
}

/**
 * The password policy: 8 to 1024 characters, not a common password, not the email address. There are no rules about
 * classes of characters, which make passwords easier to guess (NIST SP 800-63B, 3.1.1.2).
 *
 * Characters are the Unicode code points of the normalized password. Passwords are never trimmed or truncated.
 * @param commonPasswords path of a file with one password per line
 * @throws CommonPasswordsError if the file can't be read or is not a list of common passwords
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
        // UTF-8 encodes all lone surrogates alike, so different passwords would be equal.
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

/** Normalized and in lower case. */
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
