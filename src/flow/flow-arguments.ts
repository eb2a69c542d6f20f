import type { CompiledFlow, CompiledFlowNode } from './compiled-flow.ts';
import { convertValue } from './convert-value.ts';
import type { DataScopes } from './data-scopes.ts';
import type { AnyParameters } from './define-node.ts';
import { DataError, type PlainStruct, type PlainValue, structOf } from './plain-value.ts';
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
 * The values that the parameters of a flow begin with when a node runs it: what the node hands to public parameters, else the
 * defaults. @throws DataError, TemplateError when a value does not fit.
 */
export function argumentsOf(flow: CompiledFlow, node: CompiledFlowNode, data: DataScopes): PlainStruct {
  return structOf(
    flow.parameters.flatMap((parameter) => {
      const source = parameter.isPublic ? node.arguments.get(parameter.name) : undefined;
      const given = source && naming(parameter.name, () => source.evaluate(data));
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
