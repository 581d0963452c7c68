/** Octets that an address may have on its way through SMTP (RFC 5321, 4.5.3.1.3, without the angle brackets). */
const longest = 254;

/**
 * An address as browsers take it in `<input type="email">` (HTML standard, 4.10.5.1.5), with at least one dot in the domain,
 * as every domain that gets mail from elsewhere has. That is ASCII alone: no two addresses look the same, and lowercase is
 * the same in every language. Browsers make `müller.example` its ASCII form by themselves.
 */
const address =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** The text that is the same for all ways to write an address. Of what is no address, too. */
export const emailKey = (email: string): string => email.trim().toLowerCase();

/** What is wrong with an email address, as a sentence; undefined if nothing is. Space around it is no mistake. */
export function emailMistake(email: string): string | undefined {
  const trimmed = email.trim();
  if (trimmed === "") return "An email address is missing.";
  if (trimmed.length > longest)
    return `An email address has ${longest} characters at most.`;
  if (!address.test(trimmed))
    return "This is not an email address, such as name@example.com.";
  return undefined;
}
