import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PatchEndpoint } from '../../src/contracts/endpoints.ts';
import { ListSessions, type SessionInfo } from '../../src/contracts/sessions.ts';
import type { Baresip } from '../support/baresip.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import type { Linphone } from '../support/linphone.ts';
import { newAccount, type RealServer, realServer, saveFlow } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphone } from '../support/registered-phones.ts';

// linphone is the phone that asks: baresip here takes one call at a time.

let server: RealServer;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  // Calls one after the other are carried by different threads.
  server = await realServer({ RINGFLOW_MEDIA_THREADS: '2' });
}, 60_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => server?.remove(), 60_000);

/** Dials a user; another one, who takes no part otherwise, when 4001 is called. */
const dialling = (userId: string, other = userId) =>
  flowOf({
    who: ['StringMatchNode', { String: '{{ Session.To }}', Choices: ['4001'], NoMatches: to('dial'), 4001: to('other') }],
    other: ['DialNode', { User: other, AllowTransfer: true, Done: to('done') }],
    dial: ['DialNode', { User: userId, AllowTransfer: true, Done: to('done') }],
    done: ['HangUpNode', { Outcome: 'Done' }],
  });

interface Scene {
  readonly account: ReadyAccount;
  /** Speaks with 440 Hz, and is joined with linphone. */
  readonly caller: Baresip;
  readonly linphone: Linphone;
  /** Speaks with 1000 Hz. */
  readonly bob: Baresip;
  readonly bobAt: string;
}

let scenes = 0;

/** A phone that has called linphone by way of a flow, and another one to be transferred to, which could call linphone too. */
async function scene(callerDials = true): Promise<Scene> {
  scenes += 1;
  const account = await newAccount(server.child, 5060);
  const { port } = server.sip;
  const bobUser = await newPhoneUser(account, `bob${scenes}`);
  const calling = await newPhoneUser(account, `calling${scenes}`);
  const asking = await newPhoneUser(account, `asking${scenes}`, await saveFlow(account, dialling(bobUser.id, calling.id)));
  const flowId = await saveFlow(account, dialling(asking.id));
  for (const { id } of [calling, bobUser]) await account.api.call(PatchEndpoint, { endpointId: id, flowId });
  // One after the other: each looks for ports that are free.
  const linphone = await registeredLinphone(asking, port);
  closing.push(linphone.close);
  const caller = await registeredBaresip(calling, port, { toneHz: 440 });
  closing.push(caller.close);
  const bob = await registeredBaresip(bobUser, port, { toneHz: 1000 });
  closing.push(bob.close);
  if (callerDials) {
    await caller.command('dial', '4000');
    await logged(account, `Joined with ${asking.user}`);
    await running(linphone, 1);
  }
  return { account, caller, linphone, bob, bobAt: `sip:${bobUser.user}@127.0.0.1:${port}` };
}

const sessionsOf = async ({ api }: ReadyAccount): Promise<readonly SessionInfo[]> => (await api.call(ListSessions, {})).items;

/** Waits until one of the sessions has this line in its log. */
async function logged(account: ReadyAccount, line: string): Promise<void> {
  const look = async (): Promise<void> => {
    const lines = (await sessionsOf(account)).flatMap(({ log = [] }) => log.map(({ message }) => message));
    expect(lines).toContain(line);
  };
  await vi.waitFor(look, { timeout: 10_000, interval: 100 });
}

async function running(linphone: Linphone, call: number): Promise<void> {
  const changes = new RegExp(`Event: (LinphoneCall\\w+)\\nFrom: [^\\n]*\\nId: ${call}\\n`, 'g');
  const look = (): void => expect(linphone.latest(changes)).toBe('LinphoneCallStreamsRunning');
  await vi.waitFor(look, { timeout: 10_000, interval: 200 });
}

/** The caller and bob hear each other, and everything is over when bob hangs up. */
async function joined({ account, caller, bob }: Scene): Promise<void> {
  await Promise.all([hearing(1000, caller), hearing(440, bob)]);
  await bob.command('hangup');
  await vi.waitFor(async () => expect((await sessionsOf(account)).every(({ ended }) => ended)).toBe(true), {
    timeout: 10_000,
    interval: 100,
  });
}

describe('linphone, which a flow has dialled', () => {
  it('sends its caller on to another phone', async () => {
    const all = await scene();
    all.linphone.command(`call-transfer 1 ${all.bobAt}`);
    await all.bob.seen('CALL_ESTABLISHED');
    await joined(all);
  });

  it('dials another phone itself, and joins its caller with that one', async () => {
    const all = await scene();
    all.linphone.command(`call sip:4000@127.0.0.1:${server.sip.port}`);
    await all.bob.seen('CALL_ESTABLISHED');
    await running(all.linphone, 2);
    all.linphone.command('call-transfer 1 2');
    await joined(all);
  });

  it('joins two that have called it, whose calls are carried by two threads', async () => {
    const all = await scene();
    await all.bob.command('dial', '4000');
    await running(all.linphone, 2);
    all.linphone.command('call-transfer 1 2');
    await joined(all);
  });
});

describe('linphone, which has dialled', () => {
  async function dialled(): Promise<Scene> {
    const all = await scene(false);
    all.linphone.command(`call sip:4001@127.0.0.1:${server.sip.port}`);
    await all.caller.seen('CALL_ESTABLISHED');
    await running(all.linphone, 1);
    return all;
  }

  it('sends who has answered on to another phone', async () => {
    const all = await dialled();
    all.linphone.command(`call-transfer 1 ${all.bobAt}`);
    await all.bob.seen('CALL_ESTABLISHED');
    await joined(all);
  });

  it('dials another one, and joins the two', async () => {
    const all = await dialled();
    all.linphone.command(`call sip:4000@127.0.0.1:${server.sip.port}`);
    await all.bob.seen('CALL_ESTABLISHED');
    await running(all.linphone, 2);
    all.linphone.command('call-transfer 1 2');
    await joined(all);
  });
});
