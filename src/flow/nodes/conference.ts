import { defineNode, keysProblem, promptOf } from '../define-node.ts';

const NAME_LENGTH = 100;

export default defineNode({
  typeName: 'ConferenceNode',
  label: 'Conference',
  category: 'CallCenter',
  icon: 'users-group',
  description: 'Puts the caller into a conference, where all hear each other.',
  inputs: {
    Name: {
      type: 'String',
      required: true,
      check: nameProblem,
      description: 'The name of the conference. All calls of the account that give the same name meet; the first begins it.',
    },
    Muted: { type: 'Boolean', default: false, description: 'Whether the caller only listens.' },
    Moderator: {
      type: 'Boolean',
      default: false,
      description: 'Whether the caller begins the conference for those who wait for a moderator.',
    },
    WaitForModerator: {
      type: 'Boolean',
      default: false,
      description: 'Whether the caller waits, and hears the hold music, until there has been a moderator.',
    },
    EndOnExit: { type: 'Boolean', default: false, description: 'Whether the conference is over for all when the caller leaves.' },
    Announce: { type: 'Boolean', default: false, description: 'Whether the others hear a tone when the caller comes and goes.' },
    HoldMusic: { type: 'AudioFile', description: 'What the caller hears while they wait. Empty for the hold music of the server.' },
    LeaveKeys: { type: 'String', check: keysProblem, description: 'Keys that take the caller out of the conference. Empty for none.' },
  },
  outputs: {
    ConferenceSid: { type: 'String', description: 'The id of the conference.' },
    DurationInSeconds: { type: 'Number', description: 'How long the caller was in it.' },
  },
  transitions: {
    Done: { description: 'The caller has left it by a key, or it is over, and the caller is still there.' },
    Full: { description: 'It has as many members as it may.' },
    Failed: { description: 'The caller could not join it.' },
  },
  prepare: ({ HoldMusic, WaitForModerator }) => (WaitForModerator ? promptOf(undefined, HoldMusic) : []),
  async execute(params, ctx) {
    const name = params.Name.trim();
    if (nameProblem(name) !== undefined) throw new Error('Name is not the name of a conference.');
    const [music] = promptOf(undefined, params.HoldMusic);
    const { status, sid, stayedMs } = await ctx.conference({
      name,
      muted: params.Muted,
      moderator: params.Moderator,
      waitsForModerator: params.WaitForModerator,
      endsOnExit: params.EndOnExit,
      announcement: params.Announce ? { kind: 'beep' } : undefined,
      music,
      leaveKeys: params.LeaveKeys ?? '',
    });
    const outputs = { ConferenceSid: sid ?? '', DurationInSeconds: stayedMs / 1000 };
    return { leave: status === 'Full' ? 'Full' : 'Done', outputs };
  },
});

function nameProblem(name: string): string | undefined {
  const length = name.trim().length;
  return length > 0 && length <= NAME_LENGTH ? undefined : `Give a name of 1 to ${NAME_LENGTH} characters.`;
}
