import type { Queries } from "@marquee/service-kit";
import type { User } from "../accounts/accounts.ts";
import {
  type Session,
  type SessionWithUserRow,
  sessionWithUserColumns,
  splitRow,
} from "./session.ts";

/** A session and whose it is: who is logged in. */
export interface Login {
  session: Session;
  user: User;
}

/**
 * The session with this id and its user, if it has not ended. It is no use that moves its end on: an access token is asked
 * about often.
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
