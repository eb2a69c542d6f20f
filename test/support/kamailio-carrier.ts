import { expect } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { NewSipTrunk } from '../../src/contracts/endpoints.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from './baresip.ts';
import { flowOf, to } from './flow-builder.ts';
import type { Gateway } from './gateway.ts';
import { hearing } from './heard-tones.ts';
import { type Kamailio, startKamailio } from './kamailio.ts';
import { inTurn } from './over-bad-networks.ts';
import { newAccount, type RealServer, saveFlow, sessionWhen } from './real-server.ts';
import { newPhoneUser, registeredBaresip } from './registered-phones.ts';

/** Kamailio asks who calls this number for a password. */
export const ASKED = '+18144049100';
/** It redirects who calls this one. */
export const MOVED = '+4930111222';
const CALLEE_HZ = 440;
const PHONE_HZ = 1000;

type Closing = (close: () => Promise<void>) => void;
type Targets = NonNullable<Parameters<typeof newAccount>[2]>['targets'];

/** Kamailio, whose first gateway is this one and whose second is a phone that takes the calls for this number. */
export async function kamailioCarrier(
  number: string,
  gateway: Gateway,
  closing: Closing,
): Promise<{ readonly proxy: Kamailio; readonly callee: Baresip }> {
  const callee = await inTurn(() => startBaresip({ user: number, toneHz: CALLEE_HZ }));
  closing(callee.close);
  const proxy = await inTurn(() => startKamailio('proxy.cfg', { FIRST_PORT: gateway.port, SECOND_PORT: callee.port }));
  closing(proxy.stop);
  return { proxy, callee };
}

export interface CarrierCall {
  readonly number: string;
  /** Of the trunk. */
  readonly targets: Targets;
  /** Who answers, and has a tone. */
  readonly callee: Baresip;
  readonly closing: Closing;
  /** What happens once the two have heard each other. */
  readonly meanwhile?: (phones: readonly Baresip[]) => Promise<void>;
}

let users = 0;

/** Has the server call the number; its flow dials a user, whose phone and the callee have to hear each other, and the phone hangs up. */
export async function carrierCall(server: RealServer, { number, targets, callee, closing, meanwhile }: CarrierCall): Promise<SessionInfo> {
  const account = await newAccount(server.child, 5060);
  const trunk = { name: 'Carrier', prefixes: [number.slice(0, 3)], userName: 'user', password: 'secret', ...(targets && { targets }) };
  await account.api.call(NewSipTrunk, { accountId: account.accountId, ...trunk });
  users += 1;
  const user = await newPhoneUser(account, `desk${users}`);
  const phone = await inTurn(() => registeredBaresip(user, server.sip.port, { toneHz: PHONE_HZ }));
  closing(phone.close);
  const dial = flowOf({ dial: ['DialNode', { User: user.id, Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Talked' }] });
  const { id = '' } = await account.api.call(PlaceCall, { flowId: await saveFlow(account, dial), numberToDial: number });
  await phone.seen('CALL_ESTABLISHED');
  await Promise.all([hearing(PHONE_HZ, callee), hearing(CALLEE_HZ, phone)]);
  await meanwhile?.([callee, phone]);
  await phone.command('hangup');
  await callee.seen('CALL_CLOSED');
  const session = await sessionWhen(account.api, id, ({ ended }) => ended === true);
  expect(session).toMatchObject({ outcome: 'Talked', toAddress: number, mediaReport: { audioReceived: true } });
  return session;
}

/** One of the targets of a trunk. */
export const at = (port: number, priority = 0) => ({ host: '127.0.0.1', port, transport: 'Udp' as const, priority });

/** The lines of the log of a session that say that it goes on to another target. */
export const goingOn = ({ log = [] }: SessionInfo): readonly string[] =>
  log.map(({ message = '' }) => message).filter((line) => line.includes('trying'));
