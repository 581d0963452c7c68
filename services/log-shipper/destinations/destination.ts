interface BatchLimits {
  maxLines: number;
  maxBytes: number;
  /** Maximum time a line waits for the batch to fill. */
  maxWaitMs: number;
}

export interface Destination {
  readonly limits: BatchLimits;
  /**
   * Ships lines, with retries until they are accepted or rejected.
   * @param records JSON objects, each with a newline
   * @param ending aborted at shutdown: a waiting retry is then made at once
   * @returns false if the lines were rejected permanently
   */
  send(records: string[], ending: AbortSignal): Promise<boolean>;
}
