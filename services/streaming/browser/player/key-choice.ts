/** Whether single-key shortcuts are enabled. @default true, also if the browser blocks local storage */
export function keysChosen(): boolean {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
}

/** Saves whether single-key shortcuts are enabled; without local storage, for this page only. */
export function chooseKeys(on: boolean): void {
  try {
    localStorage.setItem("keys", on ? "on" : "off");
  } catch {
    // The checkbox still holds the choice.
  }
}
