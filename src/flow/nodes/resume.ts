import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'ResumeNode',
  label: 'Resume',
  category: 'Voice',
  icon: 'phone-play',
  description: 'Ends what Hold has begun. Does nothing when the call is not on hold.',
  inputs: {},
  outputs: {},
  transitions: {
    Done: { description: 'The call is not on hold.' },
    Failed: { description: 'The other side did not agree: the call stays on hold.' },
  },
  async execute(_params, ctx) {
    await ctx.resume();
    return { leave: 'Done' };
  },
});
