import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A migration can't be applied, or the folder and the database contradict each other. A person has to decide what to
 * do.
 */
export class MigrationError extends Error {}

export interface Migration {
  /** The file's name, such as 0001-accounts.sql. */
  name: string;
  path: string;
  /** The file's text, with LF line ends even if the checkout has CRLF. */
  sql: string;
  /** The checksum of `sql`, in hex. */
  sha256: string;
}

/** A row of the table `migrations`. */
export type Applied = Pick<Migration, "name" | "sha256">;

/**
 * The folder's migrations, in order.
 * @throws MigrationError if the folder is empty, or a file has an invalid name or contents
 */
export function readMigrations(folder: string): Migration[] {
  const names = filesIn(folder).sort();
  if (names.length === 0)
    throw new MigrationError(`${folder} has no migrations.`);
  return names.map((name, index) => {
    const path = join(folder, name);
    const number = /^(\d{4})-[a-z0-9][a-z0-9-]*\.sql$/.exec(name)?.[1];
    if (number === undefined)
      throw new MigrationError(
        `${path} is not a migration: the folder may contain only files with names such as 0001-accounts.sql.`,
      );
    const due = String(index + 1).padStart(4, "0");
    if (number !== due)
      throw new MigrationError(
        `${path} should have the number ${due}: migrations are numbered from 0001 on, without gaps, each number once.`,
      );
    return readMigration(name, path);
  });
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new MigrationError(
      `The migrations can't be read: ${(error as Error).message}.`,
    );
  }
}

function readMigration(name: string, path: string): Migration {
  const sql = readFileSync(path, "utf8").replaceAll("\r\n", "\n");
  const word = transactionWord(sql);
  if (word !== undefined)
    throw new MigrationError(
      `${path} has a statement ${word.toUpperCase()}: each migration already runs in a transaction of its own. Remove that statement.`,
    );
  return { name, path, sql, sha256: sha256Of(sql) };
}

const sha256Of = (text: string) =>
  createHash("sha256").update(text).digest("hex");

/**
 * The first statement that begins or ends a transaction. The rest of the file would run outside of the migration's own.
 */
function transactionWord(sql: string): string | undefined {
  // Comments, strings, quoted names and function bodies may contain any word.
  const statements = sql.replace(
    /--.*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1/g,
    " ",
  );
  return /(?:^|;)\s*(begin|start\s+transaction|commit|rollback|abort)\b/i.exec(
    statements,
  )?.[1];
}

/**
 * Compares the folder's migrations with the applied ones. One list has to be a prefix of the other.
 * @param applied sorted by name
 * @returns the migration to apply next, if any, and those that only the database has
 * @throws MigrationError naming a file that was changed, renamed or removed after it was applied
 */
export function compare(
  migrations: readonly Migration[],
  applied: readonly Applied[],
): { next: Migration | undefined; ahead: string[] } {
  for (const [index, { name, path, sql, sha256 }] of migrations.entries()) {
    const was = applied[index];
    if (was === undefined) break;
    if (was.name !== name)
      throw new MigrationError(
        `The database has ${was.name} where the folder has ${path}: applied migrations must not be renamed, removed or replaced. Restore ${was.name}, and give the new migration the next number.`,
      );
    // Earlier versions stored the checksum of the file's bytes, which may have had CRLF line ends.
    if (
      was.sha256 !== sha256 &&
      was.sha256 !== sha256Of(sql.replaceAll("\n", "\r\n"))
    )
      throw new MigrationError(
        `${path} was changed after it was applied: restore its original content, and put the change into a new migration.`,
      );
  }
  return {
    next: migrations[applied.length],
    ahead: applied.slice(migrations.length).map(({ name }) => name),
  };
}
