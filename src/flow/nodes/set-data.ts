import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'SetDataNode',
  label: 'Set Data',
  category: 'General',
  icon: 'variable',
  description: 'Sets fields of the session.',
  inputs: {
    Fields: {
      type: 'List',
      of: {
        Scope: { type: 'String', default: 'Session', possibleValues: ['Session'], description: 'Where the field is.' },
        Name: { type: 'String', required: true, description: 'The name of the field.' },
        Value: { type: 'NotSpecified', description: 'The value to set. An empty text if absent.' },
      },
      description: 'The fields to set, in this order.',
    },
  },
  outputs: {},
  transitions: { Done: { description: 'The fields are set.' } },
  execute({ Fields }, ctx) {
    for (const { Scope, Name, Value } of Fields ?? []) ctx.write(Scope, Name, Value ?? '');
    return { leave: 'Done' };
  },
});
