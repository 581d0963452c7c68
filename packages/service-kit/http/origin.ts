/**
 * Whether the value is an http or https URL without a user, a path or a trailing slash, such as
 * https://auth.example.com.
 */
export const isOrigin = (value: string): boolean =>
  /^https?:/.test(value) &&
  URL.canParse(value) &&
  new URL(value).origin === value;
