import { randomBytes } from "node:crypto";
import type { User } from "../accounts/accounts.ts";

export interface Session {
  id: string;
  userId: string;
  /** A browser with a cookie, or a program with refresh tokens. */
  kind: "page" | "api";
  createdAt: Date;
  /** When the session ends if it is not used before. */
  expiresAt: Date;
}

/** Selects a Session from `sessions s`. */
export const sessionColumns = `s.id, s.user_id AS "userId", s.kind, s.created_at AS "createdAt", s.expires_at AS "expiresAt"`;

/** Selects a SessionWithUserRow from `sessions s` and `users u`. */
export const sessionWithUserColumns = `${sessionColumns}, u.email, u.created_at AS "userCreatedAt", u.password_changed_at AS "passwordChangedAt"`;

export interface SessionWithUserRow extends Session {
  email: string;
  userCreatedAt: Date;
  passwordChangedAt: Date;
}
export function splitRow({
  email,
  userCreatedAt: createdAt,
  passwordChangedAt,
  ...session
}: SessionWithUserRow): { session: Session; user: User } {
  const user = { id: session.userId, email, createdAt, passwordChangedAt };
  return { session, user };
}

/** 256 random bits in base64url. */
export const generateSecret = () => randomBytes(32).toString("base64url");
export const isSecret = (text: string) => /^[\w-]{43}$/.test(text);
