/** What a destination takes at once. */
interface BatchLimits {
  maxLines: number;
  maxBytes: number;
  /** Milliseconds that a line may wait for others to fill a batch. */
  maxWaitMs: number;
}

/** Where lines are shipped to. */
export interface Destination {
  readonly limits: BatchLimits;
  /**
   * Ships lines, however long that takes.
   * @param records JSON objects, each with its newline
   * @param ending aborts when the program is to end: what is waited for is then worth another try at once
   * @returns false if they were refused for good
   */
  send(records: string[], ending: AbortSignal): Promise<boolean>;
}
