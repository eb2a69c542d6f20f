import { answerInputs, calleeInputs, calleesOf, callingInputs, callingOf, defineNode, dialledNumbers, promptOf } from '../define-node.ts';

export default defineNode({
  typeName: 'TransferNode',
  label: 'Transfer',
  category: 'Voice',
  icon: 'phone-outgoing',
  description:
    'Asks the other side to call somebody else instead, without us (SIP REFER). Attended: calls that one first, as Dial does, and asks for it when the call is taken (Replaces); where the other side does not do it, the two are joined by us. Meanwhile the other side hears music and is not put on hold by SIP, so that no carrier plays music of its own or refuses the change.',
  inputs: {
    Target: {
      type: 'String',
      check: targetProblem,
      description:
        'The number to call. Blind: one number, on the trunk of this call, or a SIP URI; required, and there is no Endpoint, User or Team. Attended: over the trunks of the account; several, divided by commas, ring at the same time.',
    },
    Mode: {
      type: 'String',
      default: 'Blind',
      possibleValues: ['Blind', 'Attended'],
      description: 'Whether somebody has to take the call before the other side is asked. All inputs below are for Attended.',
    },
    ...calleeInputs,
    ...callingInputs,
    ...answerInputs,
    HoldMusic: { type: 'AudioFile', description: 'What the other side hears meanwhile. Empty for the music of the server.' },
  },
  outputs: {
    SipStatus: { type: 'Number', description: 'The SIP status that tells what came of it. 0 when there was none.' },
    Reason: { type: 'String', description: 'The same in words.' },
    AnsweredBy: { type: 'String', description: 'Attended: the number that took the call, or the name of the user.' },
    DurationInSeconds: { type: 'Number', description: 'Attended: how long the two were joined by us.' },
  },
  transitions: {
    Transferred: { description: 'The new call is up. This one is hung up when the flow ends.' },
    Accepted: { description: 'The other side is willing and tells nothing of the new call.' },
    Refused: { description: 'The other side does not do it. The call goes on.' },
    Failed: { description: 'The new call did not come about, or nobody could be called. This one goes on.' },
    Joined: { description: 'Attended: the two were joined by us instead, have spoken, and the other side is still there.' },
    NoAnswer: { description: 'Attended: nobody took the call in time, or no phone of the user has registered.' },
    Busy: { description: 'Attended: who was called is busy.' },
    Rejected: { description: 'Attended: who was called did not want the call.' },
  },
  check(known) {
    if (known.Mode !== 'Blind') return undefined;
    const other = (['Endpoint', 'User', 'Team'] as const).find((input) => known[input]);
    if (other) return { input: other, problem: `A blind transfer goes to a Target. For ${other}, Mode is Attended.` };
    const { Target } = known;
    return 'Target' in known && !(Target && isOne(Target)) ? { input: 'Target', problem: notBlind } : undefined;
  },
  prepare: ({ Mode, HoldMusic, WhisperText }) =>
    Mode === 'Attended' ? [...promptOf(undefined, HoldMusic), ...promptOf(WhisperText, undefined)] : [],
  async execute(params, ctx) {
    const { Mode, Target, Endpoint, User, Team, HoldMusic } = params;
    if (Mode === 'Attended') {
      const [meanwhile = { kind: 'hold-music' } as const] = promptOf(undefined, HoldMusic);
      const order = { parties: calleesOf('Target', Target, params), ...callingOf(params), meanwhile };
      const { end, sip = 0, reason, answeredBy = '', talkedMs } = await ctx.transferTo(order);
      return { leave: end, outputs: { SipStatus: sip, Reason: reason, AnsweredBy: answeredBy, DurationInSeconds: talkedMs / 1000 } };
    }
    if (!Target || !isOne(Target) || Endpoint || User || Team) throw new Error(notBlind);
    const { result, sip = 0, reason } = await ctx.call.transfer(Target, ctx.signal);
    return { leave: exits[result], outputs: { SipStatus: sip, Reason: reason } };
  },
});

const exits = { transferred: 'Transferred', unknown: 'Accepted', refused: 'Refused', failed: 'Failed' } as const;

const notBlind = 'A blind transfer goes to one Target, a number or a URI.';

const isOne = (target: string): boolean => /^(?:\+?[0-9*#]{1,32}|(?:sips?|tel):[!-;=?-~]{1,500})$/i.test(target);

function targetProblem(target: string): string | undefined {
  return target === '' || isOne(target) || dialledNumbers(target) ? undefined : 'It is neither a number nor a SIP URI.';
}
