import { answerInputs, calleeInputs, calleesOf, callingInputs, callingOf, defineNode, dialledNumbers, promptOf } from '../define-node.ts';

export default defineNode({
  typeName: 'DialNode',
  label: 'Dial',
  category: 'Voice',
  icon: 'phone-plus',
  description: 'Calls somebody else and joins the two.',
  inputs: {
    Number: {
      type: 'String',
      check: numbersProblem,
      description: 'The number to call, for example +18144043093. Several, divided by commas, ring at the same time.',
    },
    ...calleeInputs,
    ...callingInputs,
    Record: { type: 'Boolean', default: false, description: 'Whether both sides are recorded.' },
    ...answerInputs,
    AllowTransfer: {
      type: 'Boolean',
      default: false,
      description:
        'Whether who answers may send the caller on to a number or a user, a caller at a phone of a user the one who answers, and both join two calls of this kind (SIP REFER).',
    },
    RingAudio: {
      type: 'AudioFile',
      description:
        'What the caller hears meanwhile, for example music. Empty for a ringing tone, or what the network of the callee sends before the answer (early media).',
    },
  },
  outputs: {
    AnsweredBy: { type: 'String', description: 'The number that took the call, or the name of the user.' },
    DialStatus: { type: 'String', description: 'Answered, NoAnswer, Busy, Rejected or Failed.' },
    DurationInSeconds: { type: 'Number', description: 'How long the two spoke.' },
  },
  transitions: {
    Done: { description: 'They have spoken, and the caller is still there.' },
    NoAnswer: { description: 'Nobody took the call in time, or no phone of the user has registered.' },
    Busy: { description: 'The callee is busy.' },
    Rejected: { description: 'The callee did not want the call.' },
    Failed: { description: 'They could not be called, or nothing has rung anywhere.' },
    RecordingReady: { isAsync: true, description: 'Followed after the call, when the recording is stored.' },
  },
  prepare: ({ WhisperText, RingAudio }) => [...promptOf(undefined, RingAudio), ...promptOf(WhisperText, undefined)],
  async execute(params, ctx) {
    const [meanwhile = { kind: 'ringing' } as const] = promptOf(undefined, params.RingAudio);
    const { status, answeredBy, talkedMs, recordingId } = await ctx.dial({
      parties: calleesOf('Number', params.Number, params),
      ...callingOf(params),
      meanwhile,
      hearsEarlyMedia: !params.RingAudio,
      allowTransfer: params.AllowTransfer,
      record: params.Record,
    });
    const outputs = { AnsweredBy: answeredBy ?? '', DialStatus: status, DurationInSeconds: talkedMs / 1000 };
    return {
      leave: status === 'Answered' ? 'Done' : status,
      outputs,
      ...(recordingId !== undefined && { later: ['RecordingReady'] }),
    };
  },
});

function numbersProblem(text: string): string | undefined {
  return text === '' || dialledNumbers(text)
    ? undefined
    : 'Give numbers as E.164, for example +18144043093; several divided by commas, ten at most.';
}
