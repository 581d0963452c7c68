import assert from "node:assert/strict";
import { MigrationError } from "../../../packages/service-kit/database/migration-files.ts";
import {
  type Database,
  migrate,
  openDatabase,
} from "../../../packages/service-kit/index.ts";
import { useFolders } from "../folders.ts";
import { useDatabase } from "../postgres.ts";

/** Gives the calling suite a database without tables, and folders for migrations. */
export function useMigrations() {
  const folder = useFolders();
  const url = useDatabase();
  let database: Database;
  before(() => {
    database = openDatabase({ DATABASE_URL: url() });
  });
  beforeEach(async () => {
    await database.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  });
  after(() => database.close());

  return {
    folder,
    /** Valid once the suite runs. */
    get database() {
      return database;
    },
    /** The names of the applied migrations. */
    applied: async () =>
      (
        await database.query<{ name: string }>("TABLE migrations ORDER BY name")
      ).map(({ name }) => name),
    /** The error of the migrations in a folder, without the folder's path. */
    async failure(path: string): Promise<string> {
      const error = await migrate(database, path).then(
        () => assert.fail("The migrations were applied."),
        (error: unknown) => error,
      );
      assert.ok(error instanceof MigrationError, String(error));
      return error.message.replaceAll(path, "…");
    },
  };
}
