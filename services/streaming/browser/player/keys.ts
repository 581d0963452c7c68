/** What a key does. */
export type KeyAction =
  | { do: "play" | "full-screen" | "mute" }
  /** Seconds. */
  | { do: "seek"; by: number }
  /** Of 1. */
  | { do: "volume"; by: number };

const letters: Readonly<Record<string, KeyAction>> = {
  k: { do: "play" },
  f: { do: "full-screen" },
  m: { do: "mute" },
};

const others: Readonly<Record<string, KeyAction>> = {
  " ": { do: "play" },
  ArrowLeft: { do: "seek", by: -10 },
  ArrowRight: { do: "seek", by: 10 },
  ArrowUp: { do: "volume", by: 0.1 },
  ArrowDown: { do: "volume", by: -0.1 },
};

export interface Key {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/**
 * What a key does in the player.
 * @param on what has the focus: the video's own controls take space and arrows themselves, and buttons and links mean themselves
 */
export function actionOf(
  { key, ctrlKey, metaKey, altKey }: Key,
  on: "page" | "video" | "control",
): KeyAction | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const letter = letters[key.toLowerCase()];
  if (letter && on !== "control") return letter;
  return on === "page" ? others[key] : undefined;
}
