import { readFileSync } from "node:fs";
import { emailKey } from "../accounts/emails.ts";

/** NIST SP 800-63B asks for 8 at least, and for no less than 64 to be allowed. */
const shortest = 8;

/** Far more than any password manager makes; the hash takes the same time for all of them. */
const longest = 1024;

/** Passwords that every list of common ones has. */
const inEveryList = ["password", "12345678", "iloveyou"];

/** The list of common passwords can't be used. Without it, every password would be accepted. */
export class CommonPasswordsError extends Error {
  override readonly name = "CommonPasswordsError";
}

export interface PasswordRules {
  /**
   * Why a password is not accepted, a sentence each; none if it is.
   * @param email whose password it is to be
   */
  mistakes(password: string, email: string): string[];
}

/**
 * What passwords have to be: 8 to 1024 characters, none that people use most, not the email address. Nothing is asked about
 * kinds of characters: that makes passwords easier to guess, not harder (NIST SP 800-63B, 3.1.1.2).
 *
 * Characters are Unicode code points. A password is taken as it was sent: trimming or cutting would accept passwords that
 * nobody chose, and normalising (NFKC) would change with Unicode's versions and lock people out whom it changes. Who types é
 * on two devices that compose it differently has two passwords; the usual keyboards of all systems send the composed one.
 * @param commonPasswords path of a file that has one a line
 * @throws CommonPasswordsError if the file can't be read, or is not such a list
 */
export function readPasswordRules(commonPasswords: string): PasswordRules {
  const common = readCommonPasswords(commonPasswords);
  return {
    mistakes(password, email) {
      const { length } = [...password];
      if (length < shortest)
        return [
          `A password has at least ${shortest} characters; this one has ${length}.`,
        ];
      if (length > longest)
        return [
          `A password has ${longest} characters at most; this one has ${length}.`,
        ];
      const lowered = password.toLowerCase();
      const key = emailKey(email);
      return [
        // Two different ones would be the same in UTF-8.
        ...(password.isWellFormed()
          ? []
          : ["This password has half a character (a surrogate) in it."]),
        ...(common.has(lowered)
          ? [
              "This password is one that many people use, so it is guessed first.",
            ]
          : []),
        ...(lowered === key || lowered === key.split("@", 1)[0]
          ? ["This password is your email address, or what is before its @."]
          : []),
      ];
    },
  };
}

/** In lower case. */
function readCommonPasswords(path: string): ReadonlySet<string> {
  const passwords = new Set(textOf(path).toLowerCase().split(/\r?\n/));
  passwords.delete("");
  const missing = inEveryList.filter((password) => !passwords.has(password));
  if (missing.length > 0)
    throw new CommonPasswordsError(
      `${path} is not a list of the passwords that people use most, one per line: it ${passwords.size === 0 ? "is empty" : `lacks ${missing.join(", ")}`}.`,
    );
  return passwords;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CommonPasswordsError(
      `The list of common passwords can't be read: ${(error as Error).message}.`,
    );
  }
}
