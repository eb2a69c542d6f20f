import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'HangUpNode',
  label: 'Hang Up',
  category: 'Voice',
  icon: 'phone-off',
  description: 'Ends the call.',
  inputs: { Outcome: { type: 'String', description: 'What to note as the outcome of the call.' } },
  outputs: {},
  transitions: {},
  execute: ({ Outcome }) => ({ hangUp: true, outcome: Outcome }),
});
