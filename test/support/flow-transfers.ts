import { expect } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { transferring } from './attended-flow.ts';
import { type Baresip, type BaresipOptions, startBaresip } from './baresip.ts';
import { consoleOf } from './called-linphone.ts';
import type { ShortParameter } from './flow-builder.ts';
import { fromNowOn, type HearingPhone, hearing, hearingSound } from './heard-tones.ts';
import { hearsMusic } from './held-talk.ts';
import type { PhoneScene } from './joined-linphones.ts';
import { inTurn } from './over-bad-networks.ts';
import { newAccount, numberToDial, saveFlow, sessionWhen } from './real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphoneConsole } from './registered-phones.ts';
import type { ServedScene } from './served-over-bad-networks.ts';

// A flow calls a phone, and transfers its call to a user once that one has taken it.

export interface FlowTransferScene extends PhoneScene {
  /** Where the server reaches a port of a phone. Absent: there. */
  readonly at?: (port: number) => Promise<number>;
  /** What happens while the called phone hears somebody, whom it hears again afterwards. */
  readonly meanwhile?: () => Promise<void>;
}

const PHONE_HZ = 440;
const OTHER_HZ = 1000;
/** Of the ringing tone. */
const RINGS_MS = 500;
/** A phone buffers less of what came before. */
const MOVED_MS = 1000;

/** With phones that are behind a bad network. */
export async function transfersOver({ server, network, line, number, closing }: ServedScene): Promise<FlowTransferScene> {
  const port = await line.nearAt(server.sip.port);
  const at = (ofPhone: number): Promise<number> => line.farAt(ofPhone);
  return { server, port, number, closing, at, ...(network === 'rebinds' && { meanwhile: () => line.rebindMedia() }) };
}

/** Resolves with the session, once this holds for it. */
type SessionWhen = (done: (session: SessionInfo) => boolean) => Promise<SessionInfo>;

const isOver = ({ ended }: SessionInfo): boolean => ended === true;

interface Called {
  /** It is called, and says a tone. */
  readonly phone: Baresip;
  /** Its call is transferred to this one, which says another. */
  readonly other: Baresip;
  readonly user: string;
  readonly session: SessionWhen;
}

/** Has a flow call baresip, whose call it transfers to another baresip with these options. */
async function called(
  scene: FlowTransferScene,
  options: Pick<BaresipOptions, 'answers' | 'maxCalls'> = {},
  parameters: Readonly<Record<string, ShortParameter>> = {},
): Promise<Called> {
  const { server, port, number, closing, at = async (ofPhone) => ofPhone } = scene;
  const phone = await inTurn(() => startBaresip({ user: numberToDial, toneHz: PHONE_HZ, maxCalls: 2 }));
  closing(phone.close);
  const account = await newAccount(server.child, await at(phone.port));
  const user = await newPhoneUser(account, `wanted${number}`);
  const other = await inTurn(() => registeredBaresip(user, port, { toneHz: OTHER_HZ, maxCalls: 2, ...options }));
  closing(other.close);
  return { phone, other, user: user.user, session: await placed(account, user.id, parameters) };
}

async function placed(
  account: ReadyAccount,
  userId: string,
  parameters: Readonly<Record<string, ShortParameter>> = {},
): Promise<SessionWhen> {
  const flowId = await saveFlow(account, transferring(userId, parameters));
  const { id = '' } = await account.api.call(PlaceCall, { flowId, numberToDial });
  return (done) => sessionWhen(account.api, id, done);
}

/** baresip is sent on to another one, and the two hear each other without us. Answers the two. */
export async function sentOn(
  scene: FlowTransferScene,
  parameters: Readonly<Record<string, ShortParameter>> = {},
): Promise<Pick<Called, 'phone' | 'other'>> {
  const { phone, other, user, session } = await called(scene, {}, parameters);
  await phone.seen('CALL_ESTABLISHED');
  await scene.meanwhile?.();
  expect(await session(isOver)).toMatchObject({ outcome: 'Transferred 200', partyReports: [expect.objectContaining({ address: user })] });
  await Promise.all([hearing(OTHER_HZ, phone), hearing(PHONE_HZ, other)]);
  return { phone, other };
}

/** baresip calls one that takes one call at a time, and refuses: the two are joined by us until that one hangs up. */
export async function joinedByUs(scene: FlowTransferScene): Promise<void> {
  const { phone, other, session } = await called(scene, { maxCalls: 1 });
  await Promise.all([hearing(OTHER_HZ, phone), hearing(PHONE_HZ, other)]);
  if (scene.meanwhile) {
    await scene.meanwhile();
    await talking(phone, other);
  }
  expect(await phone.log()).toMatch(/^REFER /m);
  await other.command('hangup');
  expect((await session(isOver)).outcome).toBe('Joined 486');
  await phone.seen('CALL_CLOSED');
}

/** baresip hangs up while the other one rings, which stops ringing. */
export async function hungUpWhileRinging(scene: FlowTransferScene): Promise<void> {
  const { phone, other, session } = await ringing(scene);
  await phone.command('hangup');
  expect((await session(isOver)).outcome).toBe('CalleeHungUp');
  await other.seen('CALL_CLOSED');
  const log = await other.log();
  expect(log).toMatch(/^CANCEL /m);
  expect(log).toMatch(/^SIP\/2\.0 487 /m);
}

/** The other one rejects the call: baresip is asked for nothing, and hung up on. */
export async function rejected(scene: FlowTransferScene): Promise<void> {
  const { phone, other, session } = await ringing(scene);
  await other.command('hangup');
  expect((await session(isOver)).outcome).toMatch(/^Busy 486$|^Rejected 603$/);
  await phone.seen('CALL_CLOSED');
  expect(await phone.log()).not.toMatch(/^REFER /m);
}

/** The other one rings, and baresip hears that. */
async function ringing(scene: FlowTransferScene): Promise<Called> {
  const all = await called(scene, { answers: 'manual' });
  await all.other.seen('CALL_INCOMING');
  await hearingSound(RINGS_MS, all.phone);
  if (scene.meanwhile) {
    const later: HearingPhone = await fromNowOn(all.phone);
    await scene.meanwhile();
    await hearingSound(MOVED_MS, later);
  }
  return all;
}

/** linphone calls another one in the place of our call, which that one ends for it, and the two hear each other. */
export async function linphoneSentOn(scene: FlowTransferScene): Promise<void> {
  const { phone, other, user, session } = await calledLinphone(scene);
  await scene.meanwhile?.();
  const { outcome, log = [] } = await session(isOver);
  expect(outcome).toBe('Transferred 200');
  expect(log.map(({ message }) => message)).toContain(`The other side talks with ${user} without us`);
  await talking(phone, other);
}

/** linphone calls another one in vain: the two are joined by us until that one hangs up. It hears music, as linphone holds the call meanwhile. */
export async function linphoneJoinedByUs(scene: FlowTransferScene): Promise<void> {
  const { other, user, session } = await calledLinphone(scene);
  await session(({ log = [] }) => log.some(({ message }) => message === `Joined with ${user}`));
  await hearsMusic(other, PHONE_HZ);
  if (scene.meanwhile) {
    await scene.meanwhile();
    await hearsMusic(other, PHONE_HZ);
  }
  other.command('terminate');
  // It tells nothing of its call before half a minute is over.
  expect((await session(isOver)).outcome).toBe('Joined 0');
}

/** A flow has called linphone, whose call it transfers to another one. */
async function calledLinphone(scene: FlowTransferScene) {
  const { phone, port } = await consoleOf(scene, PHONE_HZ);
  const account = await newAccount(scene.server.child, port);
  const user = await newPhoneUser(account, `wanted${scene.number}`);
  const other = await inTurn(() => registeredLinphoneConsole(user, scene.port, OTHER_HZ));
  scene.closing(other.close);
  const session = await placed(account, user.id);
  await phone.seen('Media streams established');
  return { phone, other, user: user.user, session };
}

async function talking(phone: HearingPhone, other: HearingPhone): Promise<void> {
  const [phone1, other1] = [await fromNowOn(phone), await fromNowOn(other)];
  await Promise.all([hearing(OTHER_HZ, phone1), hearing(PHONE_HZ, other1)]);
}
