import { defineNode, promptOf } from '../define-node.ts';

export default defineNode({
  typeName: 'SayNode',
  label: 'Say',
  category: 'Voice',
  icon: 'message',
  description: 'Speaks a text.',
  inputs: {
    WhatToSay: { type: 'String', required: true, uiHint: 'LargeText', description: 'The text to speak.' },
    Voice: { type: 'String', description: 'The voice to speak with. The voice of the account if absent.' },
    Loop: { type: 'Number', default: 1, minimum: 1, maximum: 100, whole: true, description: 'How often to say it.' },
    AllowInterrupt: { type: 'Boolean', default: false, description: 'Whether a key stops it. The key is kept for the next node.' },
  },
  outputs: {},
  transitions: {
    Done: { description: 'It was said, or interrupted by a key.' },
    Failed: { description: 'The text could not be spoken.' },
  },
  prepare: ({ WhatToSay, Voice }) => promptOf(WhatToSay, undefined, Voice),
  async execute({ WhatToSay, Voice, Loop, AllowInterrupt }, ctx) {
    const [prompt] = promptOf(WhatToSay, undefined, Voice);
    for (let round = 0; prompt && round < Loop; round += 1) {
      const end = await ctx.play(prompt, { interruptible: AllowInterrupt });
      if (end === 'barged') break;
    }
    return { leave: 'Done' };
  },
});
