import type { CompiledFlow, CompiledFlowNode } from './compiled-flow.ts';
import { convertValue } from './convert-value.ts';
import type { DataScopes } from './data-scopes.ts';
import type { AnyParameters } from './define-node.ts';
import { DataError, fieldOf, type PlainStruct, type PlainValue, structOf } from './plain-value.ts';
import type { BoundInput, Parameter } from './read-input.ts';
import { TemplateError } from './template.ts';

/** The values of all inputs of a node. @throws DataError, TemplateError with the name of the input that does not fit. */
export function evaluateInputs(inputs: ReadonlyMap<string, BoundInput>, data: DataScopes): AnyParameters {
  const values: Record<string, Parameter> = {};
  for (const [key, input] of inputs) values[key] = naming(key, () => input.evaluate(data));
  return values;
}

/** The names of the parameters of a flow. */
export function parameterNames(flow: CompiledFlow): ReadonlySet<string> {
  return new Set(flow.parameters.map(({ name }) => name));
}

/** The values that the parameters of a flow begin with when nobody hands anything in: their defaults. */
export function defaultsOf(flow: CompiledFlow): PlainStruct {
  return structOf(flow.parameters.flatMap(({ name, defaultValue }) => (defaultValue === undefined ? [] : [[name, defaultValue]])));
}

/**
 * The values that the parameters of a flow begin with when a call runs it: what is given for public parameters, else the defaults.
 * Names that are no public parameter are passed over. @throws DataError when a value does not fit.
 */
export function beginningOf(flow: CompiledFlow, given: PlainStruct = structOf([])): PlainStruct {
  return parametersOf(flow, (name) => fieldOf(given, name));
}

/**
 * The values that the parameters of a flow begin with when a node runs it: what the node hands to public parameters, else the
 * defaults. @throws DataError, TemplateError when a value does not fit.
 */
export function argumentsOf(flow: CompiledFlow, node: CompiledFlowNode, data: DataScopes): PlainStruct {
  return parametersOf(flow, (name) => {
    const source = node.arguments.get(name);
    return source && naming(name, () => source.evaluate(data));
  });
}

function parametersOf(flow: CompiledFlow, givenFor: (name: string) => PlainValue | undefined): PlainStruct {
  return structOf(
    flow.parameters.flatMap((parameter) => {
      const given = parameter.isPublic ? givenFor(parameter.name) : undefined;
      const isMissing = given === undefined || (given === '' && parameter.type !== 'String');
      const value: PlainValue | undefined = isMissing
        ? parameter.defaultValue
        : naming(parameter.name, () => convertValue(parameter.type, given));
      return value === undefined ? [] : [[parameter.name, value]];
    }),
  );
}

function naming<T>(key: string, evaluate: () => T): T {
  try {
    return evaluate();
  } catch (error) {
    if (error instanceof DataError) throw new DataError(`${key}: ${error.message}`);
    if (error instanceof TemplateError) throw new TemplateError(`${key}: ${error.message}`);
    throw error;
  }
}
