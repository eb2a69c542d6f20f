import { sleep } from '../../kernel/clock.ts';
import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'WaitNode',
  label: 'Wait',
  category: 'DateAndTime',
  icon: 'clock',
  description: 'Waits a while.',
  inputs: { Timeout: { type: 'Number', default: 1, minimum: 0, maximum: 86_400, description: 'How many seconds to wait.' } },
  outputs: {},
  transitions: { Done: { description: 'The time is over.' } },
  async execute({ Timeout }, ctx) {
    await sleep(ctx.clock, Timeout * 1000, ctx.signal);
    return { leave: 'Done' };
  },
});
