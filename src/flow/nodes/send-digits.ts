import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'SendDigitsNode',
  label: 'Send Digits',
  category: 'Voice',
  icon: 'keyboard',
  description: 'Presses keys, for a machine that answered.',
  inputs: { Digits: { type: 'String', check: digitsProblem, description: 'The keys to press. w waits half a second.' } },
  outputs: {},
  transitions: {
    Done: { description: 'The keys were sent.' },
    Failed: { description: 'The other side does not take keys.' },
  },
  async execute({ Digits }, ctx) {
    if (Digits !== undefined && Digits !== '') await ctx.call.sendDigits(Digits, ctx.signal);
    return { leave: 'Done' };
  },
});

function digitsProblem(digits: string): string | undefined {
  if (digits.length > 200) return 'At most 200 keys can be sent at once.';
  return /^[0-9*#A-Dw]*$/.test(digits) ? undefined : 'Only the keys 0 to 9, *, #, A to D, and w for a pause, can be sent.';
}
