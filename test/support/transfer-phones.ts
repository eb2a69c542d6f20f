import { expect, vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PatchEndpoint } from '../../src/contracts/endpoints.ts';
import { ListSessions, type SessionInfo } from '../../src/contracts/sessions.ts';
import type { Baresip } from './baresip.ts';
import { flowOf, to } from './flow-builder.ts';
import { hearing } from './heard-tones.ts';
import type { Linphone } from './linphone.ts';
import { newAccount, type RealServer, saveFlow } from './real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphone } from './registered-phones.ts';

/** linphone, which asks for transfers, and two phones that it can leave to each other: baresip here takes one call at a time. */
export interface TransferPhones {
  readonly account: ReadyAccount;
  /** Speaks with 440 Hz. Calls linphone when it dials 4000. */
  readonly caller: Baresip;
  /** Its name. Calls bob when it dials 4000, and the caller when it dials 4001. */
  readonly asking: string;
  readonly linphone: Linphone;
  /** Speaks with 1000 Hz. Calls linphone when it dials 4000. */
  readonly bob: Baresip;
  readonly bobName: string;
  readonly bobAt: string;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Dials a user; another one, who takes no part otherwise, when 4001 is called. */
const dialling = (userId: string, other = userId) =>
  flowOf({
    who: ['StringMatchNode', { String: '{{ Session.To }}', Choices: ['4001'], NoMatches: to('dial'), 4001: to('other') }],
    other: ['DialNode', { User: other, AllowTransfer: true, Done: to('done') }],
    dial: ['DialNode', { User: userId, AllowTransfer: true, Done: to('done') }],
    done: ['HangUpNode', { Outcome: 'Done' }],
  });

let scenes = 0;

/** Starts the three, and waits until each has registered at the server, whose SIP they reach at `port`. */
export async function transferPhones({ child }: RealServer, port: number): Promise<TransferPhones> {
  scenes += 1;
  const number = scenes;
  const account = await newAccount(child, 5060);
  const bobUser = await newPhoneUser(account, `bob${number}`);
  const calling = await newPhoneUser(account, `calling${number}`);
  const asking = await newPhoneUser(account, `asking${number}`, await saveFlow(account, dialling(bobUser.id, calling.id)));
  const flowId = await saveFlow(account, dialling(asking.id));
  for (const { id } of [calling, bobUser]) await account.api.call(PatchEndpoint, { endpointId: id, flowId });
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).reverse()) await one();
  };
  try {
    // One after the other: each looks for ports that are free.
    const linphone = await registeredLinphone(asking, port);
    closing.push(linphone.close);
    const caller = await registeredBaresip(calling, port, { toneHz: 440 });
    closing.push(caller.close);
    const bob = await registeredBaresip(bobUser, port, { toneHz: 1000 });
    closing.push(bob.close);
    return {
      account,
      caller,
      asking: asking.user,
      linphone,
      bob,
      bobName: bobUser.user,
      bobAt: `sip:${bobUser.user}@127.0.0.1:${port}`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const sessionsOf = async ({ api }: ReadyAccount): Promise<readonly SessionInfo[]> => (await api.call(ListSessions, {})).items;

/** The caller calls linphone, and the two are joined: that is this call of linphone. */
export async function callsLinphone(phones: TransferPhones, call = 1): Promise<void> {
  await phones.caller.command('dial', '4000');
  await joinedWith(phones, phones.asking);
  await running(phones.linphone, call);
}

/** Waits until a call that is not over is joined with this user: before that, nobody is transferred to it. */
export async function joinedWith({ account }: TransferPhones, user: string): Promise<void> {
  const look = async (): Promise<void> => {
    const live = (await sessionsOf(account)).filter(({ ended }) => ended !== true);
    expect(live.flatMap(({ log = [] }) => log.map(({ message }) => message))).toContain(`Joined with ${user}`);
  };
  await vi.waitFor(look, { timeout: 15_000, interval: 100 });
}

/** Waits until this call of linphone has audio. */
export const running = (linphone: Linphone, call: number): Promise<void> => inState(linphone, call, 'LinphoneCallStreamsRunning');

/** Waits until this call of linphone is on hold, as it is for another one: before that it transfers nobody. */
export const paused = (linphone: Linphone, call: number): Promise<void> => inState(linphone, call, 'LinphoneCallPaused');

async function inState(linphone: Linphone, call: number, wanted: string): Promise<void> {
  const changes = new RegExp(`Event: (LinphoneCall\\w+)\\nFrom: [^\\n]*\\nId: ${call}\\n`, 'g');
  const look = (): void => expect(linphone.latest(changes)).toBe(wanted);
  await vi.waitFor(look, { timeout: 15_000, interval: 200 });
}

/** The caller and bob hear each other, and everything is over when bob hangs up. */
export async function joined({ account, caller, bob }: TransferPhones): Promise<void> {
  await Promise.all([hearing(1000, caller), hearing(440, bob)]);
  await bob.command('hangup');
  await vi.waitFor(async () => expect((await sessionsOf(account)).every(({ ended }) => ended)).toBe(true), {
    timeout: 15_000,
    interval: 100,
  });
}
