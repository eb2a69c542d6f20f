/** A fault that somebody might bring in, and the test that has to fail with it. */
export interface Fault {
  /** What goes wrong, in words of a user or an operator. */
  readonly name: string;
  /** The source file, from the top of the repository. */
  readonly file: string;
  /** What is there now, once in the file, and what the fault makes of it. */
  readonly find: string;
  readonly replace: string;
  /** The file of the test, from the top of the repository. */
  readonly test: string;
  /** A part of the name of the test; absent: any test of the file. */
  readonly testName?: string;
}
