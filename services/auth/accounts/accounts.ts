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
  /** As entered, except that an international domain is in its ASCII form. */
  email: string;
  createdAt: Date;
  passwordChangedAt: Date;
}

export interface ValidationIssue {
  field: "email" | "password";
  /** A sentence. */
  detail: string;
}

/** The email address or the new password is invalid. Lists every issue found. */
export class ValidationError extends Error {
  override readonly name = "ValidationError";
  readonly issues: ValidationIssue[];

  constructor(issues: ValidationIssue[]) {
    super(issues.map(({ detail }) => detail).join(" "));
    this.issues = issues;
  }
}

/** An account with this email address exists already. */
export class EmailTakenError extends Error {
  override readonly name = "EmailTakenError";

  constructor() {
    super("There is an account with this email address.");
  }
}

/**
 * Every function throws DatabaseUnavailableError if the database is unavailable, and OverloadedError if too many
 * passwords are being hashed.
 */
export interface Accounts {
  /**
   * @throws ValidationError
   * @throws EmailTakenError for all but one of several concurrent sign-ups with the same address
   */
  signUp(email: string, password: string): Promise<User>;
  /** The user with these credentials. An unknown address costs as much work as a known one. */
  verifyLogin(email: string, password: string): Promise<User | undefined>;
  /** Changes a user's password and ends all other sessions of the user.
   * @param change.sessionId the session that continues
   * @returns false, without changing anything, if `current` is not the password or the user doesn't exist
   * @throws ValidationError
   */
  changePassword(change: {
    userId: string;
    sessionId: string;
    current: string;
    next: string;
  }): Promise<boolean>;
  /** Deletes a user and all of the user's data.
   * @returns false, without deleting anything, if the password is wrong or the user doesn't exist
   */
  deleteAccount(userId: string, password: string): Promise<boolean>;
  find(userId: string): Promise<User | undefined>;
}

type UserWithHash = User & { hash: string };

/** A user whose password was verified. */
type VerifiedUser = UserWithHash & {
  /** The spelling of the password that matched the hash: normalized, or as entered. */
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
   * Returns the row if the password matches its hash. Does the same work if no row was found. Hashes from before
   * passwords were normalized are of the password as entered, which is verified second if it differs.
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
   * Replaces a hash that is weaker than new hashes or not of the normalized password, unless the password has changed
   * in the meantime.
   */
  async function upgradeHash({ id, hash, hashedPassword }: VerifiedUser) {
    const password = normalisePassword(hashedPassword);
    if (password === hashedPassword && !hasher.needsRehash(hash)) return;
    let newHash: string;
    try {
      newHash = await hasher.hash(password);
    } catch (error) {
      if (error instanceof OverloadedError) return; // the next login upgrades the hash
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
      const issues: ValidationIssue[] = [
        ...(detail === undefined ? [] : [{ field: "email", detail } as const]),
        ...passwordIssues(password, email),
      ];
      if (issues.length > 0) throw new ValidationError(issues);
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
      const issues = passwordIssues(next, user.email);
      if (issues.length > 0) throw new ValidationError(issues);
      const hash = await hasher.hash(normalisePassword(next));
      return database.transaction(async (tx) => {
        // Strictly increasing, so that two changes never share a time.
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
