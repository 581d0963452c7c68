import type { Issues } from "./issues.ts";

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const isWhole = (
  value: unknown,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): value is number =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;

export const isText = (value: unknown): value is string =>
  typeof value === "string";

export const isPort = (value: unknown): value is number =>
  isWhole(value, 1, 65_535);

/** Whether a value is text that matches a pattern. */
export const matches =
  (pattern: RegExp) =>
  (value: unknown): value is string =>
    isText(value) && pattern.test(value);

/** The pattern of a text, and the sentence that explains it. */
export interface TextRule {
  pattern: RegExp;
  rule: string;
}

/** Checks a text that is required. */
export function parseText(
  key: string,
  value: unknown,
  { pattern, rule }: TextRule,
  issues: Issues,
): string {
  if (matches(pattern)(value)) return value;
  issues.invalid(key, value, rule);
  return "";
}

/** Checks a text that has a default. */
export const parseOptionalText = (
  key: string,
  value: unknown,
  defaultValue: string,
  rule: TextRule,
  issues: Issues,
): string =>
  value === undefined ? defaultValue : parseText(key, value, rule, issues);
