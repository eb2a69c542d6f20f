import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'BooleanComparisonNode',
  label: 'Boolean Comparison',
  category: 'Logic',
  icon: 'toggle-left',
  description: 'Goes on by whether a value is true.',
  inputs: { Value: { type: 'Boolean', description: 'The value. False if it is not set.' } },
  outputs: {},
  transitions: { Yes: { description: 'It is true.' }, No: { description: 'It is false.' } },
  execute: ({ Value }) => ({ leave: Value === true ? 'Yes' : 'No' }),
});
