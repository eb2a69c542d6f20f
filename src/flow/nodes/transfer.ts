import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'TransferNode',
  label: 'Transfer',
  category: 'Voice',
  icon: 'phone-outgoing',
  description: 'Asks the other side to call somebody else instead, without us (SIP REFER).',
  inputs: {
    Target: {
      type: 'String',
      required: true,
      check: targetProblem,
      description: 'The number to call, on the trunk of this call, or a SIP URI.',
    },
  },
  outputs: {
    SipStatus: { type: 'Number', description: 'The SIP status that tells what came of it. 0 when there was none.' },
    Reason: { type: 'String', description: 'The same in words.' },
  },
  transitions: {
    Transferred: { description: 'The new call is up. This one is hung up when the flow ends.' },
    Accepted: { description: 'The other side does it and tells nothing of the new call.' },
    Refused: { description: 'The other side does not do it. The call goes on.' },
    Failed: { description: 'The new call did not come about. This one goes on.' },
  },
  async execute({ Target }, ctx) {
    const { result, sip, reason } = await ctx.call.transfer(Target, ctx.signal);
    return { leave: exits[result], outputs: { SipStatus: sip ?? 0, Reason: reason } };
  },
});

const exits = { transferred: 'Transferred', unknown: 'Accepted', refused: 'Refused', failed: 'Failed' } as const;

function targetProblem(target: string): string | undefined {
  if (/^\+?[0-9*#]{1,32}$/.test(target)) return undefined;
  return /^(?:sips?|tel):[!-;=?-~]{1,500}$/i.test(target) ? undefined : 'It is neither a number nor a SIP URI.';
}
