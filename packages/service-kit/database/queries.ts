export interface Queries {
  /**
   * Runs one statement and returns its rows. Values are parameters ($1 …), never part of the statement's text.
   *
   * Returns int8 as bigint, timestamptz as Date, date, numeric and uuid as string, bytea as Buffer, and json parsed.
   * @throws DatabaseUnavailableError; PostgreSQL's own error (pg.DatabaseError)
   */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}
