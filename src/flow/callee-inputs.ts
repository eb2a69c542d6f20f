import { dialledNumbers } from './dialled-numbers.ts';
import { keysProblem } from './phone-keys.ts';
import { type PromptRequest, promptOf } from './prompt-request.ts';
import type { CallingOrder, PartyAddress } from './second-party.ts';

/** Whom a node calls that can call somebody, instead of a number. */
export const calleeInputs = {
  Endpoint: { type: 'Endpoint', description: 'Instead of a number: the endpoint to call, a phone number, a user or a team.' },
  User: { type: 'User', description: 'Instead of a number: the user to call. All phones that have registered ring.' },
  Team: { type: 'Team', description: 'Instead of a number: the team to call. All members ring at the same time.' },
} as const;

/** How such a node calls. */
export const callingInputs = {
  CallerId: {
    type: 'PhoneNumber',
    description: 'The number that they see: an owned one. Empty for the number of this call; phones of users then see who is calling.',
  },
  TimeoutInSeconds: { type: 'Number', default: 30, minimum: 1, maximum: 600, description: 'How long they may ring.' },
} as const;

/** What who answers hears, and has to do. */
export const answerInputs = {
  WhisperText: { type: 'String', description: 'What is said first to who answers.' },
  RequireKeyPress: {
    type: 'String',
    check: keysProblem,
    description: 'Keys of which who answers has to press one to take the call. Empty for none.',
  },
} as const;

interface Callees {
  readonly Endpoint: string | undefined;
  readonly User: string | undefined;
  readonly Team: string | undefined;
}

interface Chosen {
  readonly CallerId: string | undefined;
  readonly TimeoutInSeconds: number;
  readonly WhisperText: string | undefined;
  readonly RequireKeyPress: string | undefined;
}

/** Whom the inputs name. `number` is the value of the input `numberKey`. @throws Error with a sentence for the author of the flow */
export function calleesOf(
  numberKey: string,
  number: string | undefined,
  { Endpoint = '', User = '', Team = '' }: Callees,
): readonly PartyAddress[] {
  if ([number ?? '', Endpoint, User, Team].filter((given) => given !== '').length !== 1)
    throw new Error(`Give one of ${numberKey}, Endpoint, User and Team.`);
  if (Endpoint !== '') return [{ endpointId: Endpoint }];
  if (User !== '') return [{ endpointId: User, type: 'User' }];
  if (Team !== '') return [{ endpointId: Team, type: 'Team' }];
  const numbers = dialledNumbers(number ?? '');
  if (numbers === undefined) throw new Error(`${numberKey} is not a number that can be called.`);
  return numbers.map((one) => ({ number: one }));
}

type Calling = Pick<CallingOrder, 'callerId' | 'ringTimeoutMs' | 'acceptKeys'> & { readonly whisper: PromptRequest | undefined };

/** What the inputs say of the call. */
export function callingOf({ CallerId, TimeoutInSeconds, WhisperText, RequireKeyPress }: Chosen): Calling {
  const [whisper] = promptOf(WhisperText, undefined);
  return { callerId: CallerId || undefined, ringTimeoutMs: TimeoutInSeconds * 1000, acceptKeys: RequireKeyPress ?? '', whisper };
}
