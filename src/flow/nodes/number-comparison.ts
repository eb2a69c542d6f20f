import { defineNode } from '../define-node.ts';

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

const largest = { minimum: -Number.MAX_VALUE, maximum: Number.MAX_VALUE };

export default defineNode({
  typeName: 'NumberComparisonNode',
  label: 'Number Comparison',
  category: 'Logic',
  icon: 'math-greater',
  description: 'Compares two numbers.',
  inputs: {
    Left: { type: 'Number', required: true, ...largest, description: 'The first number.' },
    Operator: {
      type: 'String',
      required: true,
      possibleValues: ['=', '!=', '<', '<=', '>', '>='],
      description: 'How the first is compared with the second.',
    },
    Right: { type: 'Number', required: true, ...largest, description: 'The second number.' },
  },
  outputs: {},
  transitions: { Yes: { description: 'It holds.' }, No: { description: 'It does not hold.' } },
  execute: ({ Left, Operator, Right }) => ({ leave: holds(Left, Operator, Right) ? 'Yes' : 'No' }),
});

function holds(left: number, operator: Operator, right: number): boolean {
  switch (operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
