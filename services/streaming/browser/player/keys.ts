/** The action of a key. */
export type KeyAction =
  | { do: "play" | "full-screen" | "mute" }
  /** In seconds. */
  | { do: "seek"; by: number }
  /** As a fraction of the full volume. */
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
 * The action of a key in the player.
 * @param on the focused element: the video's own controls handle space and arrows, and buttons and links handle all
 *   keys
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
