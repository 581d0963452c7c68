import * as z from "zod"; // says what is wrong with a value, in words, and gives it a type

const iso8601 =
  /^P(?=.)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,4}D)?(T(?=.)(\d{1,7}H)?(\d{1,7}M)?(\d{1,7}(\.\d{1,3})?S)?)?$/;

/**
 * An ISO 8601 duration that is longer than nothing, as PostgreSQL's interval reads it. It stays text: how long a month is
 * depends on where it begins.
 */
export const Duration = z
  .string()
  .refine(
    (text) => iso8601.test(text) && /[1-9]/.test(text),
    "expected an ISO 8601 duration that is longer than nothing, such as P1M (a month), P7D (seven days) or PT30S (thirty seconds)",
  );
