import type { NodeParameter, NodeParameterMap, Value } from '../contracts/values.ts';
import { type DataScopes, MAX_FIELD_NAME } from './data-scopes.ts';
import { DataError, MAX_DEPTH, type PlainValue, structOf, toPlain } from './plain-value.ts';
import { type FieldPath, parseExpression, parseTemplate } from './template.ts';

/** Stands, in a value that is looked at before the call, for a part that only the call will give. Known by identity. */
export const unknownYet: PlainValue = structOf([['(known during the call)', true]]);

/** Where a value comes from, worked out when the flow is compiled. */
export interface ValueSource {
  /** The fields that it depends on. */
  readonly reads: readonly FieldPath[];
  /** The value as far as it depends on nothing, with `unknownYet` in the other places. */
  readonly known: PlainValue | undefined;
  /** The value now, or undefined when there is none. @throws DataError or TemplateError. */
  evaluate(scopes: DataScopes): PlainValue | undefined;
}

/**
 * Reads where the value of a parameter comes from: a literal (its texts are templates if `templated`), an expression, or a
 * field of a scope; lists and structs part by part.
 * @throws TemplateError, DataError: a mistake of the author, with a message for them.
 */
export function sourceOf(parameter: NodeParameter, templated: boolean, depth = 0): ValueSource {
  if (depth > MAX_DEPTH) throw new DataError(`Lists and structs may be nested ${MAX_DEPTH} deep.`);
  const source = parameter.source ?? 'Value';
  switch (source) {
    case 'Value':
      if (parameter.listParameters) return list(parameter.listParameters.map((entry) => entryOf(entry, templated, depth + 1)));
      if (parameter.structParameters) return structFrom(parameter.structParameters, templated, depth + 1);
      return literal(parameter.value ?? {}, templated, depth);
    case 'Expression': {
      const { reads, evaluate } = parseExpression(parameter.expression ?? '');
      return { reads, known: unknownYet, evaluate: (scopes) => toPlain(evaluate(scopes.view())) };
    }
    default: {
      const name = parameter.referenceId ?? '';
      if (name === '') throw new DataError(`The name of the field of ${source} is missing (referenceId).`);
      if (name.length > MAX_FIELD_NAME) throw new DataError(`The name of a field may have ${MAX_FIELD_NAME} characters.`);
      return { reads: [`${source}.${name}`], known: unknownYet, evaluate: (scopes) => scopes.read(source, name) };
    }
  }
}

function literal(value: Value, templated: boolean, depth: number): ValueSource {
  if (value.stringValue != null) return templated ? text(value.stringValue) : constant(value.stringValue);
  if (value.numberValue != null) return constant(value.numberValue);
  if (value.boolValue != null) return constant(value.boolValue);
  if (value.listValue != null) return list(value.listValue.map((entry) => entryOf(literals(entry), templated, depth + 1)));
  if (value.structValue != null) return structFrom(literals(value.structValue), templated, depth + 1);
  return constant(undefined);
}

function literals(struct: Readonly<Record<string, Value>>): NodeParameterMap {
  const parameters: NodeParameterMap = Object.create(null);
  for (const [name, value] of Object.entries(struct)) parameters[name] = { source: 'Value', value };
  return parameters;
}

function text(template: string): ValueSource {
  const { constant: fixed, reads, render } = parseTemplate(template);
  if (fixed !== undefined) return constant(fixed);
  return { reads, known: unknownYet, evaluate: (scopes) => render(scopes.view()) };
}

function constant(value: PlainValue | undefined): ValueSource {
  return { reads: [], known: value, evaluate: () => value };
}

/** An entry of a list that has the one key `Value` is that value; any other is a struct. */
function entryOf(entry: NodeParameterMap, templated: boolean, depth: number): ValueSource {
  const names = Object.keys(entry);
  const single = names.length === 1 && names[0] === 'Value' ? entry.Value : undefined;
  return single ? sourceOf(single, templated, depth) : structFrom(entry, templated, depth);
}

function list(entries: readonly ValueSource[]): ValueSource {
  return assemble(entries, (values) => values.map((value) => value ?? ''));
}

function structFrom(parameters: NodeParameterMap, templated: boolean, depth: number): ValueSource {
  const fields = Object.entries(parameters).map(([name, parameter]) => ({ name, source: sourceOf(parameter, templated, depth) }));
  return assemble(
    fields.map(({ source }) => source),
    (values) =>
      structOf(
        fields.flatMap(({ name }, index) => {
          const value = values[index];
          return value === undefined ? [] : [[name, value] as const];
        }),
      ),
  );
}

function assemble(parts: readonly ValueSource[], join: (values: (PlainValue | undefined)[]) => PlainValue): ValueSource {
  const reads = [...new Set(parts.flatMap((part) => part.reads))];
  const known = join(parts.map((part) => part.known));
  const isFixed = parts.every((part) => isKnown(part.known));
  return { reads, known, evaluate: isFixed ? () => known : (scopes) => join(parts.map((part) => part.evaluate(scopes))) };
}

/** Whether nothing of a value is left to the call. */
export function isKnown(value: PlainValue | undefined): boolean {
  if (value === unknownYet) return false;
  if (typeof value !== 'object') return true;
  return Object.values(value).every(isKnown);
}
