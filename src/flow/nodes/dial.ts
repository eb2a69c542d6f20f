import { defineNode, dialledNumbers, keysProblem, type PartyAddress, promptOf } from '../define-node.ts';

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
    Endpoint: { type: 'Endpoint', description: 'Instead of a number: the endpoint to call, a phone number, a user or a team.' },
    User: { type: 'User', description: 'Instead of a number: the user to call. All phones that have registered ring.' },
    Team: {
      type: 'Team',
      description: 'Instead of a number: the team to call. All members ring at the same time.',
    },
    CallerId: {
      type: 'PhoneNumber',
      description: 'The number that they see: an owned one. Empty for the number of this call; phones of users then see who is calling.',
    },
    TimeoutInSeconds: { type: 'Number', default: 30, minimum: 1, maximum: 600, description: 'How long they may ring.' },
    Record: { type: 'Boolean', default: false, description: 'Whether both sides are recorded.' },
    WhisperText: { type: 'String', description: 'What is said to who answers, before the two are joined.' },
    RequireKeyPress: {
      type: 'String',
      check: keysProblem,
      description: 'Keys of which who answers has to press one to take the call. Empty for none.',
    },
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
    const parties = partiesOf(params);
    const [meanwhile = { kind: 'ringing' } as const] = promptOf(undefined, params.RingAudio);
    const [whisper] = promptOf(params.WhisperText, undefined);
    const { status, answeredBy, talkedMs, recordingId } = await ctx.dial({
      parties,
      callerId: params.CallerId || undefined,
      ringTimeoutMs: params.TimeoutInSeconds * 1000,
      meanwhile,
      hearsEarlyMedia: !params.RingAudio,
      whisper,
      acceptKeys: params.RequireKeyPress ?? '',
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

interface Chosen {
  readonly Number: string | undefined;
  readonly Endpoint: string | undefined;
  readonly User: string | undefined;
  readonly Team: string | undefined;
}

function partiesOf({ Number: number = '', Endpoint = '', User = '', Team = '' }: Chosen): readonly PartyAddress[] {
  if ([number, Endpoint, User, Team].filter((given) => given !== '').length !== 1)
    throw new Error('Give one of Number, Endpoint, User and Team.');
  if (Endpoint !== '') return [{ endpointId: Endpoint }];
  if (User !== '') return [{ endpointId: User, type: 'User' }];
  if (Team !== '') return [{ endpointId: Team, type: 'Team' }];
  const numbers = dialledNumbers(number);
  if (numbers === undefined) throw new Error('Number is not a number that can be called.');
  return numbers.map((one) => ({ number: one }));
}

function numbersProblem(text: string): string | undefined {
  return text === '' || dialledNumbers(text)
    ? undefined
    : 'Give numbers as E.164, for example +18144043093; several divided by commas, ten at most.';
}
