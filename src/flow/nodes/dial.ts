import { defineNode, dialledNumbers, keysProblem, promptOf } from '../define-node.ts';

const NOT_YET = 'Endpoints, users and teams cannot be dialled yet. Give a Number.';

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
    Endpoint: { type: 'Endpoint', unsupported: NOT_YET, description: 'The endpoint to call.' },
    User: { type: 'User', unsupported: NOT_YET, description: 'The user to call.' },
    Team: { type: 'Team', unsupported: NOT_YET, description: 'The team to call.' },
    CallerId: { type: 'PhoneNumber', description: 'The number that they see: an owned one. Empty for the number of this call.' },
    TimeoutInSeconds: { type: 'Number', default: 30, minimum: 1, maximum: 600, description: 'How long they may ring.' },
    Record: { type: 'Boolean', default: false, description: 'Whether both sides are recorded.' },
    WhisperText: { type: 'String', description: 'What is said to who answers, before the two are joined.' },
    RequireKeyPress: {
      type: 'String',
      check: keysProblem,
      description: 'Keys of which who answers has to press one to take the call. Empty for none.',
    },
    RingAudio: { type: 'AudioFile', description: 'What the caller hears meanwhile, for example music. Empty for a ringing tone.' },
  },
  outputs: {
    AnsweredBy: { type: 'String', description: 'The number that took the call.' },
    DialStatus: { type: 'String', description: 'Answered, NoAnswer, Busy, Rejected or Failed.' },
    DurationInSeconds: { type: 'Number', description: 'How long the two spoke.' },
  },
  transitions: {
    Done: { description: 'They have spoken, and the caller is still there.' },
    NoAnswer: { description: 'Nobody took the call in time.' },
    Busy: { description: 'The callee is busy.' },
    Rejected: { description: 'The callee did not want the call.' },
    Failed: { description: 'They could not be called.' },
    RecordingReady: { isAsync: true, description: 'Followed after the call, when the recording is stored.' },
  },
  prepare: ({ WhisperText, RingAudio }) => [...promptOf(undefined, RingAudio), ...promptOf(WhisperText, undefined)],
  async execute(params, ctx) {
    const numbers = dialledNumbers(params.Number ?? '');
    if (numbers === undefined) throw new Error('Number is not a number that can be called.');
    const [meanwhile = { kind: 'ringing' } as const] = promptOf(undefined, params.RingAudio);
    const [whisper] = promptOf(params.WhisperText, undefined);
    const { status, answeredBy, talkedMs, recordingId } = await ctx.dial({
      numbers,
      callerId: params.CallerId || undefined,
      ringTimeoutMs: params.TimeoutInSeconds * 1000,
      meanwhile,
      whisper,
      acceptKeys: params.RequireKeyPress ?? '',
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
