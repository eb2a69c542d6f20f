import { expect, vi } from 'vitest';
import { ListSessions } from '../../src/contracts/sessions.ts';
import type { Engine } from '../../src/telephony/engine.ts';
import type { DialRequest } from '../../src/telephony/port.ts';
import { type Baresip, startBaresip } from './baresip.ts';
import { directCall } from './direct-call.ts';
import { flowOf, to } from './flow-builder.ts';
import { hearTone } from './heard-by-us.ts';
import { fromNowOn, hearing } from './heard-tones.ts';
import { inTurn, type LineScene } from './over-bad-networks.ts';
import { newAccount, type RealServer, saveFlow } from './real-server.ts';
import { newPhoneUser, type PhoneUser, registeredBaresip } from './registered-phones.ts';
import { heardByBaresip } from './talk-with-baresip.ts';

type Closing = (close: () => Promise<void>) => void;

export interface GrantedTransfer {
  /** Where the phones reach the SIP of the server. */
  readonly port: number;
  /** Of the users, unlike that of others at the server. */
  readonly number: number;
  readonly closing: Closing;
  /** What happens once who has called and who is called have heard each other; they do again afterwards. */
  readonly meanwhile?: () => Promise<void>;
}

/** baresip, which a flow has dialled, sends its caller on to another phone. It is told that the two talk, and is out; they talk on until that one hangs up. */
export async function sentOnByBaresip(server: RealServer, { port, number, closing, meanwhile }: GrantedTransfer): Promise<void> {
  const account = await newAccount(server.child, 5060);
  const [asking, bob] = [await newPhoneUser(account, `baresip-asking${number}`), await newPhoneUser(account, `baresip-bob${number}`)];
  const flow = flowOf({
    dial: ['DialNode', { User: asking.id, AllowTransfer: true, Done: to('done') }],
    done: ['HangUpNode', { Outcome: 'Done' }],
  });
  const calling = await newPhoneUser(account, `baresip-calling${number}`, await saveFlow(account, flow));
  const started = async (user: PhoneUser, toneHz: number): Promise<Baresip> => {
    const phone = await inTurn(() => registeredBaresip(user, port, { toneHz, maxCalls: 2 }));
    closing(phone.close);
    return phone;
  };
  const [caller, transferor, target] = [await started(calling, 440), await started(asking, 700), await started(bob, 1000)];
  const sessions = async () => (await account.api.call(ListSessions, {})).items;

  await caller.command('dial', '4000');
  await Promise.all([hearing(700, caller), hearing(440, transferor)]);
  if (meanwhile) {
    await meanwhile();
    await Promise.all([hearing(700, await fromNowOn(caller)), hearing(440, await fromNowOn(transferor))]);
  }
  await transferor.command('transfer', `sip:${bob.user}@127.0.0.1:${port}`);
  await Promise.all([hearing(1000, caller), hearing(440, target)]);
  await transferor.seen('CALL_CLOSED');
  const said = await transferor.log();
  expect(said).toMatch(/^SIP\/2\.0 202 /m);
  expect(said).toMatch(/^NOTIFY [\s\S]*^SIP\/2\.0 200 /m);
  expect(said).not.toMatch(/^SIP\/2\.0 603 /m);
  // The two talk on without the one that has asked.
  expect((await sessions()).filter(({ ended }) => ended !== true)).toHaveLength(1);
  await target.command('hangup');
  await vi.waitFor(async () => expect((await sessions()).map(({ outcome }) => outcome)).toEqual(['Done']), {
    timeout: 15_000,
    interval: 100,
  });
}

export interface OpusTalk {
  readonly telephony: Engine;
  readonly closing: Closing;
  readonly jitterBuffer?: boolean;
  /** Who we are where we reach it. */
  readonly credentials?: Pick<DialRequest['trunk'], 'userName' | 'password'>;
  /** Where we reach a phone. Absent: at its own port. */
  readonly reached?: (phone: Baresip) => Promise<number>;
  /** What happens once we and the phone have heard each other; they do again afterwards. */
  readonly meanwhile?: () => Promise<void>;
}

const NUMBER = '+18144043093';

/** A talk with phones that are behind a bad network. */
export const talkOver = ({ telephony, network, line, closing }: LineScene): OpusTalk => ({
  telephony,
  closing,
  jitterBuffer: network !== 'loses',
  reached: ({ port }) => line.farAt(port),
  ...(network === 'rebinds' && { meanwhile: () => line.rebindMedia() }),
});

/** Transfers baresip blind to another phone. The two hear each other without us. Answers what the one that is transferred has printed. */
export async function sentOnByUs(talk: OpusTalk): Promise<string> {
  const { one, other, call, leg } = await talkInOpus(talk);
  const outcome = await leg.transfer(`sip:other@127.0.0.1:${other.port}`, AbortSignal.timeout(15_000));
  expect(outcome).toMatchObject({ result: 'transferred', sip: 200 });
  await leg.hangup();
  const { end, media } = await call.ended;
  expect(end.why).toBe('we-hung-up');
  expect(media).toMatchObject({ codec: 'opus', audible: true });
  await other.seen('CALL_ESTABLISHED');
  await Promise.all([hearing(1100, one), hearing(700, other)]);
  expect(talk.telephony.liveLegs).toBe(0);
  return one.log();
}

/** baresip asks to be transferred, which nobody has allowed: it is declined, hangs up for that, and nobody else is called. */
export async function declinedByUs(talk: OpusTalk): Promise<void> {
  const { one, other, call } = await talkInOpus(talk);
  await one.command('transfer', `sip:other@127.0.0.1:${other.port}`);
  expect((await call.ended).end.why).toBe('callee-hung-up');
  expect(await one.log()).toMatch(/^SIP\/2\.0 603 /m);
  expect(await other.log()).not.toContain('INVITE sip:');
  expect(talk.telephony.liveLegs).toBe(0);
}

/** A call of ours to baresip in Opus, in which each has heard the other; and another phone. */
async function talkInOpus(talk: OpusTalk) {
  const { telephony, closing, credentials, jitterBuffer = true, meanwhile, reached = async ({ port }) => port } = talk;
  const started = async (user: string, toneHz: number): Promise<Baresip> => {
    const phone = await inTurn(() => startBaresip({ user, toneHz, codecs: ['opus'], maxCalls: 2, jitterBuffer }));
    closing(phone.close);
    return phone;
  };
  const [one, other] = [await started(NUMBER, 700), await started('other', 1100)];
  const call = await directCall(telephony, NUMBER, await reached(one), { codecs: ['opus'], ...credentials });
  const leg = await call.answered;
  await heardByBaresip(leg, one, 1000);
  await hearTone(leg, 700);
  if (meanwhile) {
    await meanwhile();
    await heardByBaresip(leg, one, 1500);
    await hearTone(leg, 700);
  }
  return { one, other, call, leg };
}
