import type { Database } from "@marquee/service-kit";
import { asciiEmail, emailKey, emailMistake } from "../email-address.ts";
import type { Hasher } from "../passwords/password-hasher.ts";
import {
  normalisePassword,
  type PasswordRules,
} from "../passwords/password-rules.ts";
import { Busy } from "../passwords/semaphore.ts";

export interface User {
  id: string;
  /** As it was entered, but for an international domain, which is in its ASCII form. */
  email: string;
  createdAt: Date;
  passwordChangedAt: Date;
}

export interface Mistake {
  field: "email" | "password";
  /** A sentence. */
  detail: string;
}

/** An email address or a new password is not accepted; the mistakes are all there are. */
export class Unacceptable extends Error {
  override readonly name = "Unacceptable";
  readonly mistakes: Mistake[];

  constructor(mistakes: Mistake[]) {
    super(mistakes.map(({ detail }) => detail).join(" "));
    this.mistakes = mistakes;
  }
}

/** Somebody has an account with this address. */
export class EmailTaken extends Error {
  override readonly name = "EmailTaken";

  constructor() {
    super("There is an account with this email address.");
  }
}

/** Every function throws DatabaseUnavailableError while the database is away, and Busy if too many passwords are being checked. */
export interface Accounts {
  /**
   * @throws Unacceptable
   * @throws EmailTaken of several that ask for one address at the same time, all but one
   */
  signUp(email: string, password: string): Promise<User>;
  /** The user whose email address and password these are; an address that nobody has takes the same work. */
  verifyLogin(email: string, password: string): Promise<User | undefined>;
  /**
   * Gives a user another password, and ends all of the user's other sessions: whoever knew the old one is out.
   * @param change.sessionId the session that stays
   * @returns false, and nothing changed, if `current` is not the password, or there is no such user
   * @throws Unacceptable
   */
  changePassword(change: {
    userId: string;
    sessionId: string;
    current: string;
    next: string;
  }): Promise<boolean>;
  /**
   * Deletes everything that is kept of a user.
   * @returns false, and nothing deleted, if this is not the password, or there is no such user
   */
  deleteAccount(userId: string, password: string): Promise<boolean>;
  /** The user with this id, if there is one. */
  find(userId: string): Promise<User | undefined>;
}

type UserWithHash = User & { hash: string };

/** A user whose password was right. */
type CheckedUser = UserWithHash & {
  /** The form of the password that the hash is of. */
  hashedForm: string;
};

const userColumns = `id, email, created_at AS "createdAt", password_changed_at AS "passwordChangedAt"`;
const withHash = `SELECT ${userColumns}, password_hash AS hash FROM users`;

export interface AccountsNeed {
  database: Database;
  hasher: Hasher;
  rules: PasswordRules;
}

export function createAccounts({
  database,
  hasher,
  rules,
}: AccountsNeed): Accounts {
  /**
   * The first row, if this is its password. Without a row it is as much work. Hashes from before passwords were normalised are
   * of the password as it was sent: that is verified second, if it differs.
   */
  async function checked(
    [row]: UserWithHash[],
    password: string,
  ): Promise<CheckedUser | undefined> {
    for (const hashedForm of new Set([normalisePassword(password), password]))
      if ((await hasher.verify(row?.hash, hashedForm)) && row)
        return { ...row, hashedForm };
    return undefined;
  }

  const checkedById = async (userId: string, password: string) =>
    checked(
      await database.query(`${withHash} WHERE id = $1`, [userId]),
      password,
    );

  const passwordMistakes = (password: string, email: string): Mistake[] =>
    rules
      .mistakes(password, email)
      .map((detail) => ({ field: "password", detail }));

  /**
   * Replaces a hash that is weaker than new ones, or not of the password's normal form, unless the password was changed
   * meanwhile.
   */
  async function keepHashCurrent({ id, hash, hashedForm }: CheckedUser) {
    const password = normalisePassword(hashedForm);
    if (password === hashedForm && !hasher.needsRehash(hash)) return;
    let fresh: string;
    try {
      fresh = await hasher.hash(password);
    } catch (error) {
      if (error instanceof Busy) return; // the next login will do
      throw error;
    }
    await database.query(
      "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
      [id, hash, fresh],
    );
  }

  return {
    async signUp(email, password) {
      const detail = emailMistake(email);
      const mistakes: Mistake[] = [
        ...(detail === undefined ? [] : [{ field: "email", detail } as const]),
        ...passwordMistakes(password, email),
      ];
      if (mistakes.length > 0) throw new Unacceptable(mistakes);
      const [user] = await database.query<User>(
        `INSERT INTO users (email, email_key, password_hash) VALUES ($1, $2, $3)
         ON CONFLICT (email_key) DO NOTHING
         RETURNING ${userColumns}`,
        [
          asciiEmail(email),
          emailKey(email),
          await hasher.hash(normalisePassword(password)),
        ],
      );
      if (!user) throw new EmailTaken();
      return user;
    },

    async verifyLogin(email, password) {
      const rows = emailMistake(email)
        ? []
        : await database.query<UserWithHash>(
            `${withHash} WHERE email_key = $1`,
            [emailKey(email)],
          );
      const found = await checked(rows, password);
      if (!found) return undefined;
      await keepHashCurrent(found);
      const { hash: _, hashedForm: __, ...user } = found;
      return user;
    },

    async changePassword({ userId, sessionId, current, next }) {
      const user = await checkedById(userId, current);
      if (!user) return false;
      const mistakes = passwordMistakes(next, user.email);
      if (mistakes.length > 0) throw new Unacceptable(mistakes);
      const hash = await hasher.hash(normalisePassword(next));
      return database.transaction(async (tx) => {
        // clock_timestamp(): never the time of an earlier change, however close.
        const changed = await tx.query(
          `UPDATE users SET password_hash = $3,
             password_changed_at = greatest(clock_timestamp(), password_changed_at + interval '1 ms')
           WHERE id = $1 AND password_changed_at = $2 RETURNING id`,
          [userId, user.passwordChangedAt, hash],
        );
        if (changed.length === 0) return false;
        await tx.query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2", [
          userId,
          sessionId,
        ]);
        return true;
      });
    },

    async deleteAccount(userId, password) {
      const user = await checkedById(userId, password);
      if (!user) return false;
      const deleted = await database.query(
        "DELETE FROM users WHERE id = $1 AND password_changed_at = $2 RETURNING id",
        [userId, user.passwordChangedAt],
      );
      return deleted.length > 0;
    },

    async find(userId) {
      const [user] = await database.query<User>(
        `SELECT ${userColumns} FROM users WHERE id = $1`,
        [userId],
      );
      return user;
    },
  };
}
