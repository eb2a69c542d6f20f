import { expect, vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { HoldSession, PatchSession } from '../../src/contracts/sessions.ts';
import { flowOf, to } from './flow-builder.ts';
import { CALLED_HZ, CALLER_HZ, hearsMusic, hearsNothing, talking } from './held-talk.ts';
import type { LinphoneConsole } from './linphone-console.ts';
import { inTurn } from './over-bad-networks.ts';
import { latestSession, newAccount, type RealServer, saveFlow } from './real-server.ts';
import { newPhoneUser, type PhoneUser, registeredLinphoneConsole } from './registered-phones.ts';

/** Where phones reach a server, and what has them closed at the end. */
export interface PhoneScene {
  readonly server: RealServer;
  readonly port: number;
  /** Other than that of every scene of this server. */
  readonly number: number;
  closing(close: () => Promise<void>): void;
}

export interface CalledUser {
  readonly account: ReadyAccount;
  /** Whatever it dials, it is joined with the other one. */
  readonly callingUser: PhoneUser;
  readonly called: LinphoneConsole;
}

export interface JoinedLinphones extends CalledUser {
  readonly calling: LinphoneConsole;
}

/** Two users, one of them with linphone. */
export async function calledUser({ server, port, number, closing }: PhoneScene): Promise<CalledUser> {
  const account = await newAccount(server.child, 5060);
  const user = await newPhoneUser(account, `called${number}`);
  const dial = flowOf({ dial: ['DialNode', { User: user.id, Done: to('done') }], done: ['HangUpNode', { Outcome: 'Done' }] });
  const callingUser = await newPhoneUser(account, `calling${number}`, await saveFlow(account, dial));
  const called = await inTurn(() => registeredLinphoneConsole(user, port, CALLED_HZ));
  closing(called.close);
  return { account, callingUser, called };
}

/** Two users with linphone, who talk. */
export async function joinedLinphones(scene: PhoneScene): Promise<JoinedLinphones> {
  const users = await calledUser(scene);
  const calling = await inTurn(() => registeredLinphoneConsole(users.callingUser, scene.port, CALLER_HZ));
  scene.closing(calling.close);
  calling.command(`call sip:4000@127.0.0.1:${scene.port}`);
  await talking(calling, users.called);
  return { ...users, calling };
}

/** We hold one of two who talk: it hears music, and the other one nothing. Then comes `atTheEnd`; we resume, and they talk. */
export async function weHold(
  { account, calling, called }: JoinedLinphones,
  who: 'calling' | 'called',
  atTheEnd: () => Promise<void> = async () => {},
): Promise<void> {
  const { id: sessionId = '', callSid } = await latestSession(account, ({ callSid: sid }) => sid !== undefined);
  // Who has called holds whom it has called.
  await account.api.call(HoldSession, who === 'called' && callSid !== undefined ? { sessionId, callSid } : { sessionId });
  const [held, waiting] = who === 'called' ? [called, calling] : [calling, called];
  const [heldHz, waitingHz] = who === 'called' ? [CALLED_HZ, CALLER_HZ] : [CALLER_HZ, CALLED_HZ];
  await callIs(held, 'PausedByRemote');
  await hearsMusic(held, waitingHz);
  await hearsNothing(waiting, heldHz);
  await atTheEnd();
  await account.api.call(PatchSession, { sessionId, callState: 'Connected' });
  await callIs(held, 'StreamsRunning');
  await talking(calling, called);
}

/** One of two who talk holds the call: it hears nothing, and the other one music. Then comes `atTheEnd`; it resumes, and they talk. */
export async function theyHold(
  { calling, called }: JoinedLinphones,
  who: 'calling' | 'called',
  atTheEnd: () => Promise<void> = async () => {},
): Promise<void> {
  const [holding, other] = who === 'called' ? [called, calling] : [calling, called];
  const [holdingHz, otherHz] = who === 'called' ? [CALLED_HZ, CALLER_HZ] : [CALLER_HZ, CALLED_HZ];
  holding.command('pause');
  await callIs(holding, 'Paused');
  await Promise.all([hearsMusic(other, holdingHz), hearsNothing(holding, otherHz)]);
  await atTheEnd();
  holding.command('resume');
  await talking(calling, called);
}

/** Waits until linphone says so of its call. @throws when it does not within 10 s */
async function callIs(phone: LinphoneConsole, state: string): Promise<void> {
  const look = (): void => {
    phone.command('calls');
    expect(phone.latest(/\n1 +\|[^|\n]*\| (\w+)/g)).toBe(state);
  };
  await vi.waitFor(look, { timeout: 10_000, interval: 200 });
}

/** The called one hangs up. */
export async function hangsUp({ account, called }: CalledUser): Promise<void> {
  called.command('terminate');
  expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: 'Done' });
}
