/** A habit that makes English hard to read, and what to write instead. */
interface ProseRule {
  pattern: RegExp;
  instead: string;
}

const start = "(?<=^|[.!?;]\\s+)";
const verbs =
  "is|are|was|were|has|have|had|does|do|can|may|must|will|goes|comes|asks|gets|makes|reads|sends|signs|pays|runs|knows|wants|needs|uses|calls|takes|deletes|watches";

/** Rules on a text whose lines may be wrapped anywhere. */
const proseRules: ProseRule[] = [
  {
    pattern: new RegExp(
      `${start}(?:Who|Whoever|What|Whatever)\\s+(?:${verbs})\\b(?![^.!;]*\\?)`,
    ),
    instead: "name the subject: a clause with who or what is not one",
  },
  {
    pattern: /\b(?:for|of|to|by|from|with|than)\s+(?:who|whoever)\s/,
    instead: "name the person or program",
  },
  {
    pattern: new RegExp(`${start}Of\\s`),
    instead: "write a whole sentence, with its subject first",
  },
  {
    pattern:
      /\bas\s+(?!if\b|though\b)[\w.' ]{1,30}\s(?:has|have|had|does|do)\s+(?:it|them|so)\b/,
    instead: "write “per X” or “like X”",
  },
  {
    pattern: /(?<!\bthere\s+)\b(?:is|are|was|were)\s+none\b/i,
    instead: "write “is invalid”, “is not” or “has no”",
  },
  {
    pattern:
      /\b(?:is|are|was|were)\s+(?:away|there|at\s+hand)(?=[.,;:)]|\s*$|\s+(?:and|or|if|when|until)\b)/,
    instead: "write “unavailable” or “exists”",
  },
  {
    pattern: /\b(?:nobody|somebody)\b/i,
    instead: "name the person or program",
  },
  { pattern: /\banother's\b/, instead: "name the owner" },
  {
    pattern:
      /\b(?:so|nor)\s+(?:is|are|was|does|do|has)\s+(?:it|that|this|they)\b(?!\s*\?)/i,
    instead: "repeat the verb or the noun",
  },
  {
    pattern: /\bto\s+be\s+had\b|\bof\s+no\s+use\b|\bis\s+no\s+use\b/,
    instead: "write “available” or say why",
  },
];

/** A place in a text that breaks a rule. */
export interface ProseIssue {
  index: number;
  found: string;
  instead: string;
}

/** Finds all places that break a rule, in the order of the rules. */
export const checkProse = (text: string): ProseIssue[] =>
  proseRules.flatMap(({ pattern, instead }) =>
    [...text.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(
      ({ 0: found, index }) => ({ index, found: found.trim(), instead }),
    ),
  );
