import type { Queries } from "@marquee/service-kit";

export interface StoredEvent {
  id: string;
  type: string;
  /** Increases over the events about the same object. */
  sequence: bigint;
  data: Record<string, unknown>;
  createdAt: Date;
}

const columns = `id, type, sequence, data, created_at AS "createdAt"`;

export interface EventQuery {
  /** @default all */
  type?: string | undefined;
  /** Only events older than this one. */
  before?: string | undefined;
  limit: number;
}

/** Newest first. */
export const listEvents = (
  queries: Queries,
  { type, before, limit }: EventQuery,
): Promise<StoredEvent[]> =>
  queries.query<StoredEvent>(
    `SELECT ${columns} FROM events WHERE ($1::text IS NULL OR type = $1) AND ($2::uuid IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [type ?? null, before ?? null, limit],
  );

export async function findEvent(
  queries: Queries,
  id: string,
): Promise<StoredEvent | undefined> {
  const [event] = await queries.query<StoredEvent>(
    `SELECT ${columns} FROM events WHERE id = $1`,
    [id],
  );
  return event;
}
