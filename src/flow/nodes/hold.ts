import { defineNode, promptOf } from '../define-node.ts';

export default defineNode({
  typeName: 'HoldNode',
  label: 'Hold',
  category: 'Voice',
  icon: 'phone-pause',
  description:
    'Puts the call on hold: it hears music until Resume, and nothing that is said or pressed is taken. The flow goes on; what it plays comes before the music. A call that Dial or Conference joins with others is resumed.',
  inputs: {
    HoldMusic: { type: 'AudioFile', description: 'What is heard meanwhile. Empty for the music of the server.' },
  },
  outputs: {},
  transitions: {
    Done: { description: 'The music has begun.' },
    Failed: { description: 'The music could not be played.' },
  },
  prepare: ({ HoldMusic }) => promptOf(undefined, HoldMusic),
  async execute({ HoldMusic }, ctx) {
    const [music = { kind: 'hold-music' } as const] = promptOf(undefined, HoldMusic);
    await ctx.hold(music);
    return { leave: 'Done' };
  },
});
