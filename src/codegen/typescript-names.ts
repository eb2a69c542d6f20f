import { type ClassReference, type ModelType, referencesOf, type ScalarName, type TypeReference, typeModel } from './type-model.ts';
import type { TypeOptions } from './type-options.ts';

const scalars: Readonly<Record<ScalarName, string>> = {
  string: 'string',
  bool: 'boolean',
  int: 'number',
  long: 'number',
  double: 'number',
};

/** The value type of the dictionary that has a name of its own, as in C#: see {@link nodeParameterMap}. */
const NODE_PARAMETER = 'NodeParameter';

/** How TypeScript spells a type: `string[]`, `{ [index:string]: Value; }`, `ListResponse<FlowInfo>`, `NodeParameterMap`. */
export function typescriptType(reference: TypeReference): string {
  switch (reference.kind) {
    case 'scalar':
      return scalars[reference.name];
    case 'list':
      return `${typescriptType(reference.item)}[]`;
    case 'map': {
      const value = typescriptType(reference.value);
      return value === NODE_PARAMETER ? 'NodeParameterMap' : `{ [index:string]: ${value}; }`;
    }
    case 'class':
      return classType(reference);
    case 'enum':
    case 'parameter':
      return reference.name;
  }
}

function classType({ name, arguments: given }: ClassReference): string {
  return given.length === 0 ? name : `${name}<${given.map(typescriptType).join(', ')}>`;
}

/** The class that heads every TypeScript text of the service (servicestack.md 5.4): line by line as the original has it. */
export const nodeParameterMap: readonly string[] = [
  'export class NodeParameterMap',
  '{',
  '    [key:string] : NodeParameter;',
  '',
  '    public constructor(init?: Partial<NodeParameterMap>) { (Object as any).assign(this, init); }',
  '}',
];

/** Whether code of these types uses `NodeParameterMap`. */
export function needsNodeParameterMap(types: readonly ModelType[]): boolean {
  return types.some(({ name }) => name === NODE_PARAMETER);
}

/** The imports that `DefaultImports` asks for: `import { Symbol } from "module";`. */
export function defaultImports(options: TypeOptions): readonly string[] {
  return options.list('DefaultImports').map((entry) => {
    const colon = entry.indexOf(':');
    return `import { ${entry.slice(0, colon)} } from "${entry.slice(colon + 1)}";`;
  });
}

/** The package that has ServiceStack's types where the code uses them without having them. */
export const SERVICESTACK_CLIENT = '@servicestack/client';

/** Names of ServiceStack's types that the code uses without having them: they were left out. */
export function missingServiceStackTypes(types: readonly ModelType[], options: TypeOptions): readonly string[] {
  if (options.isOn('AddServiceStackTypes')) return [];
  const model = typeModel();
  const used = new Set(types.flatMap(referencesOf));
  return [...used].filter((name) => model.typeNamed(name)?.namespace === 'ServiceStack');
}
