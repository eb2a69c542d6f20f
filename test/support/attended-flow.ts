import { flowOf, into, type ShortParameter, to } from './flow-builder.ts';

const exits = ['Transferred', 'Accepted', 'Refused', 'Failed', 'Joined', 'NoAnswer', 'Busy', 'Rejected'];

/** Transfers its call to a user, attended; the outcome says by which exit that was left, and the status of SIP. */
export const transferring = (userId: string, parameters: Readonly<Record<string, ShortParameter>>) =>
  flowOf({
    move: [
      'TransferNode',
      {
        Mode: 'Attended',
        User: userId,
        SipStatus: into('Status'),
        ...Object.fromEntries(exits.map((exit) => [exit, to(exit)])),
        ...parameters,
      },
    ],
    ...Object.fromEntries(exits.map((exit) => [exit, ['HangUpNode', { Outcome: `${exit} {{ Session.Status }}` }] as const])),
  });
