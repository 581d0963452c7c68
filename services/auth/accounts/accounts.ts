import type { Database } from "@marquee/service-kit";
import { asciiEmail, emailIssue, emailKey } from "../email-address.ts";
import type { PasswordHasher } from "../passwords/password-hasher.ts";
import {
  normalisePassword,
  type PasswordRules,
} from "../passwords/password-rules.ts";
import { OverloadedError } from "../passwords/semaphore.ts";

export interface User {
  id: string;
  /** As it was entered, but for an international domain, which is in its ASCII form. */
  email: string;
  createdAt: Date;
  passwordChangedAt: Date;
}

export interface ValidationIssue {
  field: "email" | "password";
  /** A sentence. */
  detail: string;
}

/** An email address or a new password is not accepted; the mistakes are all there are. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
  readonly issues: ValidationIssue[];

  constructor(mistakes: ValidationIssue[]) {
    super(mistakes.map(({ detail }) => detail).join(" "));
    this.issues = mistakes;
  }
}

/** Somebody has an account with this address. */
export class EmailTakenError extends Error {
  override readonly name = "EmailTakenError";

  constructor() {
    super("There is an account with this email address.");
  }
}

/** Every function throws DatabaseAway while the database is away, and OverloadedError if too many passwords are being checked. */
export interface Accounts {
  /**
   * @throws ValidationError
   * @throws EmailTakenError of several that ask for one address at the same time, all but one
   */
  signUp(email: string, password: string): Promise<User>;
  /** The user whose email address and password these are; an address that nobody has takes the same work. */
  verifyLogin(email: string, password: string): Promise<User | undefined>;
  /**
   * Gives a user another password, and ends all of the user's other sessions: whoever knew the old one is out.
   * @param change.sessionId the session that stays
   * @returns false, and nothing changed, if `current` is not the password, or there is no such user
   * @throws ValidationError
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
type VerifiedUser = UserWithHash & {
  /** The form of the password that the hash is of. */
  hashedPassword: string;
};

const userColumns = `id, email, created_at AS "createdAt", password_changed_at AS "passwordChangedAt"`;
const selectUserWithHash = `SELECT ${userColumns}, password_hash AS hash FROM users`;

export interface AccountsOptions {
  database: Database;
  hasher: PasswordHasher;
  rules: PasswordRules;
}

export function createAccounts({
  database,
  hasher,
  rules,
}: AccountsOptions): Accounts {
  /**
   * The first row, if this is its password. Without a row it is as much work. Hashes from before passwords were normalised are
   * of the password as it was sent: that is verified second, if it differs.
   */
  async function verifyPassword(
    [row]: UserWithHash[],
    password: string,
  ): Promise<VerifiedUser | undefined> {
    for (const hashedForm of new Set([normalisePassword(password), password]))
      if ((await hasher.verify(row?.hash, hashedForm)) && row)
        return { ...row, hashedPassword: hashedForm };
    return undefined;
  }

  const verifyPasswordById = async (userId: string, password: string) =>
    verifyPassword(
      await database.query(`${selectUserWithHash} WHERE id = $1`, [userId]),
      password,
    );

  const passwordIssues = (password: string, email: string): ValidationIssue[] =>
    rules
      .issues(password, email)
      .map((detail) => ({ field: "password", detail }));

  /**
   * Replaces a hash that is weaker than new ones, or not of the password's normal form, unless the password was changed
   * meanwhile.
   */
  async function upgradeHash({ id, hash, hashedPassword }: VerifiedUser) {
    const password = normalisePassword(hashedPassword);
    if (password === hashedPassword && !hasher.needsRehash(hash)) return;
    let newHash: string;
    try {
      newHash = await hasher.hash(password);
    } catch (error) {
      if (error instanceof OverloadedError) return; // the next login will do
      throw error;
    }
    await database.query(
      "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
      [id, hash, newHash],
    );
  }

  return {
    async signUp(email, password) {
      const detail = emailIssue(email);
      const mistakes: ValidationIssue[] = [
        ...(detail === undefined ? [] : [{ field: "email", detail } as const]),
        ...passwordIssues(password, email),
      ];
      if (mistakes.length > 0) throw new ValidationError(mistakes);
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
      if (!user) throw new EmailTakenError();
      return user;
    },

    async verifyLogin(email, password) {
      const rows = emailIssue(email)
        ? []
        : await database.query<UserWithHash>(
            `${selectUserWithHash} WHERE email_key = $1`,
            [emailKey(email)],
          );
      const found = await verifyPassword(rows, password);
      if (!found) return undefined;
      await upgradeHash(found);
      const { hash: _, hashedPassword: __, ...user } = found;
      return user;
    },

    async changePassword({ userId, sessionId, current, next }) {
      const user = await verifyPasswordById(userId, current);
      if (!user) return false;
      const mistakes = passwordIssues(next, user.email);
      if (mistakes.length > 0) throw new ValidationError(mistakes);
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
      const user = await verifyPasswordById(userId, password);
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
