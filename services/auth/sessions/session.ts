import { randomBytes } from "node:crypto";
import type { User } from "../accounts/accounts.ts";

export interface Session {
  id: string;
  userId: string;
  /** A browser with a cookie, or a program with refresh tokens. */
  kind: "page" | "api";
  createdAt: Date;
  /** When it ends unless it is used. */
  expiresAt: Date;
}

/** `sessions s` as a Session. */
export const sessionColumns = `s.id, s.user_id AS "userId", s.kind, s.created_at AS "createdAt", s.expires_at AS "expiresAt"`;

/** `sessions s` and `users u`, for `apart`. */
export const sessionWithUserColumns = `${sessionColumns}, u.email, u.created_at AS "userCreatedAt", u.password_changed_at AS "passwordChangedAt"`;

export interface SessionWithUserRow extends Session {
  email: string;
  userCreatedAt: Date;
  passwordChangedAt: Date;
}

/** A session and its user, of one row. */
export function splitRow({
  email,
  userCreatedAt: createdAt,
  passwordChangedAt,
  ...session
}: SessionWithUserRow): { session: Session; user: User } {
  const user = { id: session.userId, email, createdAt, passwordChangedAt };
  return { session, user };
}

/** A secret that somebody holds: 256 random bits as base64url. */
export const generateSecret = () => randomBytes(32).toString("base64url");
export const isSecret = (text: string) => /^[\w-]{43}$/.test(text);
