import { isIPv4 } from "node:net";
import { domainToASCII, domainToUnicode } from "node:url";

/** Maximum octets of an address in SMTP (RFC 5321, 4.5.3.1.3, without the angle brackets). */
const maxLength = 254;

/**
 * A valid email address per the HTML standard (4.10.5.1.5), with at least one dot in the domain, because single-label
 * domains don't receive mail from the internet. ASCII only, which rules out look-alike characters and locale-dependent
 * lowercase.
 */
const validAddress =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * Contains non-ASCII characters, and none that domainToASCII would parse as URL syntax, such as a port, a path or
 * `%41`.
 */
const internationalDomain = /^[\w.-]*\P{ASCII}[\w.\P{ASCII}-]*$/u;

const hyphenAtEitherEnd = /(?:^|\.)-|-(?:\.|$)/;

/**
 * The address as stored: trimmed, with an international domain in its ASCII form. ASCII domains and invalid domains are
 * kept as entered.
 */
export function asciiEmail(email: string): string {
  const trimmed = email.trim();
  const at = trimmed.lastIndexOf("@") + 1;
  const domain = trimmed.slice(at);
  if (at === 0 || !internationalDomain.test(domain)) return trimmed;
  return trimmed.slice(0, at) + (asciiDomain(domain) ?? domain);
}

/** The domain's ASCII form by UTS 46, as in browsers; undefined if the domain is invalid. */
function asciiDomain(domain: string): string | undefined {
  const ascii = domainToASCII(domain);
  // The URL parser reads ２.３ as the IP address 2.0.0.3, and accepts hyphens at the ends of labels.
  if (!ascii || isIPv4(ascii)) return undefined;
  return hyphenAtEitherEnd.test(domainToUnicode(ascii)) ? undefined : ascii;
}

/** The lookup key of an address, equal for all its spellings. Accepts any text, valid address or not. */
export const emailKey = (email: string): string =>
  asciiEmail(email).toLowerCase();

/** Why an email address is invalid, as a sentence; undefined if it is valid. Surrounding whitespace is allowed. */
export function emailIssue(email: string): string | undefined {
  const ascii = asciiEmail(email);
  const { length } = ascii;
  if (length === 0) return "An email address is missing.";
  if (length > maxLength)
    return `An email address has ${maxLength} characters at most${ascii === email.trim() ? "" : ", with its domain in ASCII form"}; this one has ${length}.`;
  if (validAddress.test(ascii)) return undefined;
  // Only mail systems with SMTPUTF8 (RFC 6531) deliver to these.
  if (/^[^@]*\P{ASCII}[^@]*@[^@]+$/u.test(ascii))
    return "The part before the @ can only contain the letters a to z, digits and punctuation: many mail systems can't deliver to anything else.";
  return "This is not an email address, such as name@example.com.";
}
