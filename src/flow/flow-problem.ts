import type { FieldError } from '../kernel/errors.ts';

/** Something that keeps a flow from being saved or run: an entry of `errors[]`, and where the designer may show it. */
export interface FlowProblem extends FieldError {
  readonly nodeId?: string;
  readonly parameter?: string;
}

/** A problem of the flow as a whole, or of one of its parameters or exits. `fieldName` as `Parameters[0].Name`. */
export function flowProblem(fieldName: string, message: string): FlowProblem {
  return { errorCode: 'ValidationException', fieldName, message };
}

/** A node, named the way its author knows it. */
export interface NodePlace {
  readonly index: number;
  readonly id: string;
  readonly name: string;
}

/** A problem of a node, or of one of its parameters. The message names both. */
export function nodeProblem(place: NodePlace, parameter: string | undefined, message: string): FlowProblem {
  const title = place.name !== '' ? `'${shorten(place.name)}' (${shorten(place.id)})` : `'${shorten(place.id)}'`;
  const where = parameter === undefined ? `Node ${title}` : `Node ${title}, ${shorten(parameter)}`;
  const member = parameter === undefined ? '' : `.Parameters.${shorten(parameter)}`;
  return {
    errorCode: 'ValidationException',
    fieldName: `Nodes[${place.index}]${member}`,
    message: `${where}: ${message}`,
    nodeId: place.id,
    ...(parameter !== undefined && { parameter }),
  };
}

/** A name as a message may carry it. */
export function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}...` : name;
}
