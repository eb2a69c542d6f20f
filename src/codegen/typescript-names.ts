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

/** A class with its type parameters: `ListResponse<T>`. */
export function declaredName(type: { readonly name: string; readonly typeParameters: readonly string[] }): string {
  return type.typeParameters.length === 0 ? type.name : `${type.name}<${type.typeParameters.join(', ')}>`;
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

/** The imports that `DefaultImports` asks for, and ServiceStack's types where the code uses but does not have them; then an empty line. */
export function importLines(types: readonly ModelType[], options: TypeOptions): readonly string[] {
  const lines = options.list('DefaultImports').map((entry) => {
    const colon = entry.indexOf(':');
    return `import { ${entry.slice(0, colon)} } from "${entry.slice(colon + 1)}";`;
  });
  if (!options.isOn('AddServiceStackTypes')) {
    const model = typeModel();
    const used = new Set(types.flatMap(referencesOf).filter((name) => model.typeNamed(name)?.namespace === 'ServiceStack'));
    if (used.size > 0) lines.push(`import { ${[...used].join(', ')} } from "@servicestack/client";`);
  }
  return lines.length === 0 ? [] : [...lines, ''];
}
