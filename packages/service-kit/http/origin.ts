/**
 * Whether the value is an http or https URL without user, path and slash at its end, such as
 * https://auth.example.com.
 */
export const isOrigin = (value: string): boolean =>
  /^https?:/.test(value) &&
  URL.canParse(value) &&
  new URL(value).origin === value;
