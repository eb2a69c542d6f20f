import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Input, NodeType } from '../../src/flow/define-node.ts';
import { code, generatedPage, table } from './markdown.ts';
import { nodeFiles } from './node-index.ts';

/** docs/reference/nodes.md: every node type of the folder, from its own definition. */
export async function nodesPage(nodesDirectory: string): Promise<string> {
  const nodes = await Promise.all(nodeFiles(nodesDirectory).map((file) => readNode(join(nodesDirectory, file))));
  nodes.sort((one, other) => one.label.localeCompare(other.label));
  return generatedPage('Nodes', '`src/flow/nodes/`', [
    'The steps that a flow can be made of. Texts are templates: `{{ Session.Choice }}` is replaced by a field of the call.',
    '',
    ...nodes.flatMap(describeNode),
  ]);
}

async function readNode(file: string): Promise<NodeType> {
  const module: { default: NodeType } = await import(pathToFileURL(file).href);
  return module.default;
}

function describeNode({ label, typeName, category, description, inputs, outputs, transitions, choices }: NodeType): string[] {
  const ways = Object.entries(transitions).map(([name, { description: meaning, isAsync }]) => [
    code(name),
    isAsync ? `${meaning} Followed after the call.` : meaning,
  ]);
  if (choices) ways.unshift([`each of ${code(choices)}`, 'That choice was made.']);
  return [
    `## ${label}`,
    '',
    `${code(typeName)}, category ${category}. ${description}`,
    '',
    ...section(['Input', 'Type', 'Default', 'Meaning'], Object.entries(inputs).map(describeInput)),
    ...section(
      ['Output', 'Type', 'Meaning'],
      Object.entries(outputs).map(([name, output]) => [code(name), output.type, output.description]),
    ),
    ...section(['Transition', 'When'], ways),
  ];
}

function section(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return rows.length === 0 ? [] : [...table(head, rows), ''];
}

function describeInput([name, input]: [string, Input]): string[] {
  return [code(name), inputType(input), inputDefault(input), input.description];
}

function inputType(input: Input): string {
  if (input.type === 'List') {
    return input.of === 'String' ? 'List of String' : `List of { ${Object.keys(input.of).join(', ')} }`;
  }
  if (input.type === 'Number') return `${input.whole ? 'Whole number' : 'Number'}, ${input.minimum} to ${input.maximum}`;
  if (input.type === 'String' && input.possibleValues) return input.possibleValues.join(', ');
  return input.type === 'NotSpecified' ? 'any' : input.type;
}

function inputDefault(input: Input): string {
  if (input.required) return 'required';
  return 'default' in input && input.default !== undefined ? code(String(input.default)) : '';
}
