import pg from "pg";

const text = (value: string) => value;

/** Parsers by OID that replace pg's: int8 and numeric may exceed a double's precision, and dates have no time zone. */
const parsers = new Map<number, (value: string) => unknown>([
  [20, BigInt], // int8
  [1016, (value) => list(value, BigInt)], // int8[]
  [1082, text], // date
  [1182, (value) => list(value, text)], // date[]
  [1231, (value) => list(value, text)], // numeric[]
]);

/** For one pool's connections: pg.types.setTypeParser would change the whole process. */
export const getTypeParser = ((oid: number, format?: "text" | "binary") =>
  (format !== "binary" && parsers.get(oid)) ||
  pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;

const list = (value: string, entry: (value: string) => unknown): unknown[] =>
  (pg.types.arrayParser as unknown as ArrayParser).create(value, entry).parse();

/** The actual type of pg.types.arrayParser, which is declared wrongly. */
interface ArrayParser {
  create(
    value: string,
    entry: (value: string) => unknown,
  ): { parse(): unknown[] };
}
