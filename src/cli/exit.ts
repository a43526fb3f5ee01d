/** Exit statuses of the command line. */
export const exit = {
  ok: 0,
  /** A spec that does not check, wrong usage, an unreadable file. */
  input: 1,
  /** An expectation fails, or is undecided under --strict. */
  expectation: 2,
  /** A run fails. */
  run: 3,
  interrupted: 130,
} as const;

/** Wrong usage or an unreadable file: the message is for the reader, without a stack. */
export class UsageError extends Error {
  constructor(
    message: string,
    /** Whose --help says more; null where usage was not the mistake. */
    readonly command: string | null = null,
  ) {
    super(message);
    this.name = 'UsageError';
  }
}
