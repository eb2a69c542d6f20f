import { expect } from 'vitest';
import { type Baresip, startBaresip } from './baresip.ts';
import { flowOf, from, into, to } from './flow-builder.ts';
import { hearing } from './heard-tones.ts';
import { inTurn } from './over-bad-networks.ts';
import { latestSession, newAccount, type RealServer, saveFlow, takeCalls } from './real-server.ts';
import { newPhoneUser, registeredBaresip } from './registered-phones.ts';

export interface BehindKamailio {
  /** Where Kamailio is, in front of the server. */
  readonly proxy: { readonly address: string; readonly port: number };
  readonly closing: (close: () => Promise<void>) => void;
  /** What happens once the two have heard each other. */
  readonly meanwhile?: (phones: readonly Baresip[]) => Promise<void>;
}

let users = 0;

/** A phone registers through Kamailio, and is dialled through it by a call that came through it. Each hears the other, and the phone hangs up. */
export async function dialledBehindKamailio(server: RealServer, { proxy, closing, meanwhile }: BehindKamailio): Promise<void> {
  const { address, port } = proxy;
  const account = await newAccount(server.child, 5060, { host: address });
  users += 1;
  const user = await newPhoneUser(account, `behind${users}`);
  const dialling = flowOf({
    dial: ['DialNode', { User: user.id, AnsweredBy: into('Who'), Done: to('done'), NoAnswer: to('nobody') }],
    done: ['HangUpNode', { Outcome: from('Session', 'Who') }],
    nobody: ['HangUpNode', { Outcome: 'Nobody' }],
  });
  const number = await takeCalls(account, { flowId: await saveFlow(account, dialling) });
  const callee = await inTurn(() => registeredBaresip(user, port, { toneHz: 1000, address }));
  closing(callee.close);
  expect(await callee.log()).toMatch(new RegExp(`^Path: <sip:${address}:${port};lr>`, 'm'));
  const caller = await inTurn(() => startBaresip({ user: '+18144049999', toneHz: 440 }));
  closing(caller.close);
  await caller.command('dial', `sip:${number}@${address}:${port}`);
  await callee.seen('CALL_ESTABLISHED');
  await Promise.all([hearing(1000, caller), hearing(440, callee)]);
  await meanwhile?.([callee, caller]);
  expect(await callee.log()).toMatch(new RegExp(`^INVITE [\\s\\S]*?^Record-Route: <sip:${address}:${port}`, 'm'));
  await callee.command('hangup');
  await caller.seen('CALL_CLOSED');
  const session = await latestSession(account, ({ ended }) => ended === true);
  expect(session).toMatchObject({ outcome: user.user, fromAddress: '+18144049999' });
}
