import type { NodeParameter } from '../contracts/values.ts';
import { convertValue } from './convert-value.ts';
import type { DataScopes } from './data-scopes.ts';
import type { AnyParameters, Input, SingleInput, StructListInput, TextListInput } from './define-node.ts';
import { DataError, fieldOf, isList, type PlainStruct, type PlainValue } from './plain-value.ts';
import type { FieldPath } from './template.ts';
import { isKnown, sourceOf, unknownYet, type ValueSource } from './value-source.ts';

/** The value of one input, as `execute` is given it. */
export type Parameter = AnyParameters[string];

/** An input of a node of a compiled flow. */
export interface BoundInput {
  /** The fields that its value depends on. */
  readonly reads: readonly FieldPath[];
  /** The entries of a list of texts that are known before the call; undefined when they are not. */
  readonly knownTexts: readonly string[] | undefined;
  /** The value when it does not depend on the call; undefined when it does. */
  readonly known: { readonly value: Parameter } | undefined;
  /** The value now. @throws DataError or TemplateError, for a value that comes with the call and does not fit. */
  evaluate(scopes: DataScopes): Parameter;
}

/**
 * Joins an input that a node type declares with the parameter of a node. Everything that does not depend on the call is
 * converted and checked here, once.
 * @throws DataError, TemplateError: a mistake of the author, with a message for them.
 */
export function bindInput(input: Input, parameter: NodeParameter | undefined): BoundInput {
  const source: ValueSource = parameter
    ? sourceOf(parameter, isTemplated(input))
    : { reads: [], known: undefined, evaluate: () => undefined };
  const isGiven = source.known !== undefined && source.known !== '';
  if (input.unsupported !== undefined && isGiven) throw new DataError(input.unsupported);
  if (input.required && !isGiven) throw new DataError('A value is required.');
  const value = readInput(input, source.known);
  const isFixed = isKnown(source.known);
  return {
    reads: source.reads,
    knownTexts: isFixed && isTextList(input) ? textsOf(value) : undefined,
    known: isFixed ? { value } : undefined,
    evaluate: isFixed ? () => value : (scopes) => readInput(input, source.evaluate(scopes)),
  };
}

function isTemplated(input: Input): boolean {
  return input.type === 'String' || input.type === 'NotSpecified' || (input.type === 'List' && input.of !== 'String');
}

function isTextList(input: Input): boolean {
  return input.type === 'List' && input.of === 'String';
}

function textsOf(value: Parameter): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

/** `value` as the type that the input declares; its default when there is none. @throws DataError when it does not fit. */
function readInput(input: Input, value: PlainValue | undefined): Parameter {
  if (input.type !== 'List') return readSingle(input, value);
  if (value === unknownYet) return value;
  if (value === undefined || value === '') return undefined;
  const list = convertValue('List', value);
  if (!isList(list)) return undefined;
  return isStructList(input) ? list.map((entry) => readStruct(input.of, entry)) : list.map((entry) => readText(input, entry));
}

function isStructList(input: TextListInput | StructListInput): input is StructListInput {
  return input.of !== 'String';
}

function readText(input: TextListInput, entry: PlainValue): PlainValue {
  if (entry === unknownYet) return entry;
  const text = convertValue('String', entry);
  const problem = typeof text === 'string' ? input.check?.(text) : undefined;
  if (problem !== undefined) throw new DataError(problem);
  return text;
}

type ReadStruct = { readonly [field: string]: PlainValue | undefined };

function readStruct(fields: StructListInput['of'], entry: PlainValue): ReadStruct {
  const struct = convertValue('Struct', entry);
  if (typeof struct !== 'object' || isList(struct)) return {};
  refuseUnknownFields(fields, struct);
  return Object.fromEntries(
    Object.entries(fields).map(([name, input]) => {
      try {
        return [name, readSingle(input, fieldOf(struct, name))];
      } catch (error) {
        throw error instanceof DataError ? new DataError(`${name}: ${error.message}`) : error;
      }
    }),
  );
}

function refuseUnknownFields(fields: StructListInput['of'], struct: PlainStruct): void {
  const stranger = Object.keys(struct).find((name) => !Object.hasOwn(fields, name));
  if (stranger !== undefined) {
    throw new DataError(`An entry of the list has ${Object.keys(fields).join(', ')}, but no '${stranger.slice(0, 50)}'.`);
  }
}

function readSingle(input: SingleInput, value: PlainValue | undefined): PlainValue | undefined {
  if (value === unknownYet) return value;
  const takesEmptyText = input.type === 'String' || input.type === 'NotSpecified';
  if (value === undefined || (value === '' && !takesEmptyText)) {
    const fallback = 'default' in input ? input.default : undefined;
    if (fallback === undefined && input.required) throw new DataError('A value is required, but there is none.');
    return fallback;
  }
  const converted = convertValue(input.type, value);
  const problem = problemOf(input, converted);
  if (problem !== undefined) throw new DataError(problem);
  return converted;
}

function problemOf(input: SingleInput, value: PlainValue): string | undefined {
  if (input.type === 'Number' && typeof value === 'number') {
    if (!(value >= input.minimum && value <= input.maximum)) return `A number from ${input.minimum} to ${input.maximum} is expected.`;
    if (input.whole && !Number.isInteger(value)) return 'A whole number is expected.';
  }
  if (input.type === 'String' && typeof value === 'string') {
    if (input.possibleValues && !input.possibleValues.includes(value)) return `One of ${input.possibleValues.join(', ')} is expected.`;
    return input.check?.(value);
  }
  return undefined;
}
