import { describe, expect, it, vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { transferring } from '../support/attended-flow.ts';
import { type Baresip, type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import type { ShortParameter } from '../support/flow-builder.ts';
import { fromNowOn, hearing, hearingSound } from '../support/heard-tones.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { newAccount, type RealServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphoneConsole } from '../support/registered-phones.ts';
import { testPort } from '../support/test-port.ts';
import { udpPortsOf } from '../support/udp-ports.ts';

const number = '+18144043093';
let server: RealServer;
const closing = serverOfFile(
  (started) => {
    server = started;
  },
  { RINGFLOW_MEDIA_THREADS: '2' },
);

let scenes = 0;

/** A baresip that is called, and says 440 Hz; the account; and a user to whom its call is transferred. */
async function called(options: Partial<BaresipOptions> = {}) {
  scenes += 1;
  const phone = await startBaresip({ user: number, toneHz: 440, maxCalls: 2, ...options });
  closing.push(phone.close);
  const account = await newAccount(server.child, phone.port);
  return { phone, account, user: await newPhoneUser(account, `wanted${scenes}`) };
}

async function place(account: ReadyAccount, userId: string, parameters: Readonly<Record<string, ShortParameter>> = {}): Promise<string> {
  const flowId = await saveFlow(account, transferring(userId, parameters));
  return (await account.api.call(PlaceCall, { flowId, numberToDial: number })).id ?? '';
}

async function wanted(
  user: Parameters<typeof registeredBaresip>[0],
  options: Parameters<typeof registeredBaresip>[2] = {},
): Promise<Baresip> {
  const phone = await registeredBaresip(user, server.sip.port, { toneHz: 1000, maxCalls: 2, ...options });
  closing.push(phone.close);
  return phone;
}

/** Of the media ports that the server has named to these phones, none is open any more. */
async function portsClosed(...phones: readonly Baresip[]): Promise<void> {
  const logs = await Promise.all(phones.map((phone) => phone.log()));
  const named = logs.flatMap((log) => [...log.matchAll(/^m=audio (40\d{3}) /gm)].map(([, port]) => Number(port)));
  expect(new Set(named).size).toBeGreaterThanOrEqual(phones.length);
  const look = async (): Promise<void> => {
    const open = await udpPortsOf(server.child.program.pid);
    expect(open.filter((port) => named.includes(port))).toEqual([]);
  };
  await vi.waitFor(look, { timeout: 10_000, interval: 100 });
}

const ended = ({ api }: ReadyAccount, id: string): Promise<SessionInfo> => sessionWhen(api, id, (session) => session.ended === true);
const said = ({ log = [] }: SessionInfo): string[] => log.map(({ message = '' }) => message);

describe('baresip, transferred by a flow after somebody has taken the call', { timeout: 60_000 }, () => {
  it('to another baresip: the two hear each other without us', async () => {
    const { phone, account, user } = await called();
    const other = await wanted(user);
    const id = await place(account, user.id, { WhisperText: 'A call is transferred to you.' });
    const session = await ended(account, id);
    expect(session.outcome).toBe('Transferred 200');
    expect(session.partyReports).toEqual([expect.objectContaining({ address: user.user })]);
    await portsClosed(phone, other);
    await Promise.all([hearing(1000, phone), hearing(440, other)]);
    expect(await phone.log()).toMatch(/^Refer-To: <sip:.*\?Replaces=/m);
  });

  it('to one that takes one call at a time, and refuses that of who is transferred: the two are joined by us', async () => {
    const { phone, account, user } = await called();
    const other = await wanted(user, { maxCalls: 1 });
    const id = await place(account, user.id);
    await hearing(440, other);
    await other.command('hangup');
    const session = await ended(account, id);
    expect(session.outcome).toBe('Joined 486');
    await phone.seen('CALL_CLOSED');
  });

  it('which hangs up while the other rings: that one stops ringing', async () => {
    const { phone, account, user } = await called();
    const other = await wanted(user, { answers: 'manual' });
    const id = await place(account, user.id);
    await other.seen('CALL_INCOMING');
    await hearingSound(500, phone);
    await phone.command('hangup');
    expect((await ended(account, id)).outcome).toBe('CalleeHungUp');
    await other.seen('CALL_CLOSED');
    expect(await other.log()).toMatch(/^CANCEL /m);
  });

  it('to one that rejects the call: nothing is asked for', async () => {
    const { phone, account, user } = await called();
    const other = await wanted(user, { answers: 'manual' });
    const id = await place(account, user.id);
    await other.seen('CALL_INCOMING');
    await other.command('hangup');
    expect((await ended(account, id)).outcome).toMatch(/^Busy 486$|^Rejected 603$/);
    expect(await phone.log()).not.toMatch(/^REFER /m);
  });
});

describe('linphone, transferred by a flow after another linphone has taken the call', { timeout: 60_000 }, () => {
  it('calls that one in the place of our call, which that one ends for it, and the two hear each other', async () => {
    scenes += 1;
    const port = await testPort();
    const phone = await startLinphoneConsole({ sipPort: port, toneHz: 440, codecs: ['PCMU'] });
    closing.push(phone.close);
    const account = await newAccount(server.child, port);
    const user = await newPhoneUser(account, `wanted${scenes}`);
    const other = await registeredLinphoneConsole(user, server.sip.port, 1000);
    closing.push(other.close);
    const session = await ended(account, await place(account, user.id));
    const lines = said(session);
    expect(session.outcome).toBe('Transferred 200');
    expect(lines).toContain(`The other side talks with ${user.user} without us`);
    await Promise.all([hearing(1000, await fromNowOn(phone)), hearing(440, await fromNowOn(other))]);
  });
});
