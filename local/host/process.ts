export interface Process {
  pid: number;
  parent: number;
  /** The command line, with spaces between the arguments. */
  command: string;
}
