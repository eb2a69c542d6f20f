import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'AddLogNode',
  label: 'Add Log',
  category: 'General',
  icon: 'notes',
  description: 'Adds a line to the log of the session.',
  inputs: { Message: { type: 'String', uiHint: 'LargeText', description: 'The line.' } },
  outputs: {},
  transitions: { Done: { description: 'The line is added.' } },
  execute({ Message }, ctx) {
    if (Message !== undefined && Message !== '') ctx.log(Message);
    return { leave: 'Done' };
  },
});
