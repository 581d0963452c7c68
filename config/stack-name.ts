/** The longest name of a namespace: it is a DNS label (RFC 1123). */
const maxLabelLength = 63;

/** The issue of a stack whose name can't be part of a namespace's name. */
export function stackNameIssue(
  project: string,
  stack: string,
): string | undefined {
  const namespace = `${project}-${stack}`;
  if (
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(namespace) &&
    namespace.length <= maxLabelLength
  )
    return undefined;
  const suggested = stack
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, maxLabelLength - project.length - 1)
    .replace(/^-+|-+$/g, "");
  return (
    `The stack is named "${stack}", and Kubernetes does not accept "${namespace}" as the name of its namespace: lower-case letters, digits and hyphens are allowed, ${maxLabelLength} characters at most, and no hyphen at either end.` +
    (suggested ? ` Rename it: \`pulumi stack rename ${suggested}\`.` : "")
  );
}
