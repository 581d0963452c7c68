import * as z from "zod";

const iso8601 =
  /^P(?=.)(\d{1,4}Y)?(\d{1,4}M)?(\d{1,4}W)?(\d{1,4}D)?(T(?=.)(\d{1,7}H)?(\d{1,7}M)?(\d{1,7}(\.\d{1,3})?S)?)?$/;

/**
 * A positive ISO 8601 duration that PostgreSQL accepts as an interval. It stays text: the length of a month depends on
 * the date it is added to.
 */
export const Duration = z
  .string()
  .refine(
    (text) => iso8601.test(text) && /[1-9]/.test(text),
    "expected a positive ISO 8601 duration, such as P1M (a month), P7D (seven days) or PT30S (thirty seconds)",
  );
