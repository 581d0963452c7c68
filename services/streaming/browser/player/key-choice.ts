/** Whether single keys are to work, as chosen before. @default they are, also where the browser keeps nothing of sites */
export function keysChosen(): boolean {
  try {
    return localStorage.getItem("keys") !== "off";
  } catch {
    return true;
  }
}

/** Keeps whether single keys are to work: where the browser keeps nothing of sites, for this page alone. */
export function chooseKeys(on: boolean): void {
  try {
    localStorage.setItem("keys", on ? "on" : "off");
  } catch {
    // It is in the checkbox.
  }
}
