import pg from "pg";

const text = (value: string) => value;

/** By OID, what is not as pg has it: numbers too large for a double stay whole, and a day has no time zone. */
const parsers = new Map<number, (value: string) => unknown>([
  [20, BigInt], // int8
  [1016, (value) => list(value, BigInt)], // int8[]
  [1082, text], // date
  [1182, (value) => list(value, text)], // date[]
  [1231, (value) => list(value, text)], // numeric[]
]);

/** For this pool's connections alone: pg's own table belongs to the whole process. */
export const getTypeParser = ((oid: number, format?: "text" | "binary") =>
  (format !== "binary" && parsers.get(oid)) ||
  pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser;

const list = (value: string, entry: (value: string) => unknown): unknown[] =>
  (pg.types.arrayParser as unknown as ArrayParser).create(value, entry).parse();

/** What pg.types.arrayParser is; its declaration says otherwise. */
interface ArrayParser {
  create(
    value: string,
    entry: (value: string) => unknown,
  ): { parse(): unknown[] };
}
