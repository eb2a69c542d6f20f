import { FormatError } from './format.ts';

/** Where a reader is: names of members and keys, and places in lists. Readers push and pop, so that a path is only made for an error. */
export type Trail = (string | number)[];

/**
 * What `read` returns.
 * @throws FormatError with the place that the reader had come to, when it throws one.
 */
export function readAlongTrail<Value>(read: (trail: Trail) => Value): Value {
  const trail: Trail = [];
  try {
    return read(trail);
  } catch (error) {
    throw error instanceof FormatError ? new FormatError(error.message, pathOf(trail)) : error;
  }
}

/** `Nodes[2].Id` for the steps `Nodes`, 2 and `Id`. */
function pathOf(trail: Trail): string {
  return trail.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${shortened(step)}`)).join('');
}

const SHOWN_LENGTH = 100;

/** A key of a dictionary comes from the sender and may be as long as the body. */
function shortened(step: string): string {
  return step.length > SHOWN_LENGTH ? `${step.slice(0, SHOWN_LENGTH)}…` : step;
}
