/** The key with which Pulumi marks wrapped values for plugins (sdk/go/common/resource/sig). */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";
/** Placeholders for values that are unknown in a preview. */
const unknowns = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9", // string; the others stand for other types
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export const isUnknown = (value: unknown): boolean =>
  typeof value === "string" && unknowns.has(value);

/** Unwraps secrets and outputs in a value, at any depth. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, unknown>;
  if (signature in object && "value" in object) return plain(object.value);
  return Object.fromEntries(
    Object.entries(object)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => [key, plain(value)]),
  );
}

/** Marks a value as a secret, which Pulumi encrypts in the stack's state. */
export const asSecret = (value: unknown) => ({ [signature]: secret, value });
