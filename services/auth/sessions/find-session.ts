import type { Queries } from "@marquee/service-kit";
import type { User } from "../accounts/accounts.ts";
import {
  type Session,
  type SessionWithUserRow,
  sessionWithUserColumns,
  splitRow,
} from "./session.ts";

/** A session and its user. */
export interface Login {
  session: Session;
  user: User;
}

/** Finds a session that has not ended, with its user. Does not extend the session: access tokens are checked on every
 * request.
 * @throws DatabaseUnavailableError
 */
export async function findSession(
  database: Queries,
  sessionId: string,
): Promise<Login | undefined> {
  const [found] = await database.query<SessionWithUserRow>(
    `SELECT ${sessionWithUserColumns} FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.id = $1 AND s.expires_at > now()`,
    [sessionId],
  );
  return found && splitRow(found);
}
