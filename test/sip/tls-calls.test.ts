import { afterAll, expect, test } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openTls } from '../../src/wire/tls.ts';
import { TestAuthority } from '../support/certificates.ts';
import { ANSWER, CallLog, request } from '../support/sip-agents.ts';

const authority = new TestAuthority();
afterAll(() => authority.remove());

/** A user agent over TLS on loopback. */
async function agent(identity: { certificate: string; key: string } | undefined, onInvite?: (invite: IncomingInvite) => void) {
  const local = { address: '127.0.0.1', port: 0 };
  const wire = await openTls({ local, clock: systemClock, log: silentLogger, ca: authority.ca, identity });
  const parts = { clock: systemClock, random: seededRandom(wire.local.port), log: silentLogger, product: 'test' };
  return { wire, userAgent: new UserAgent({ ...parts, wires: [wire], ...(onInvite && { onInvite }) }) };
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
}

test('a call over TLS is placed, answered and hung up over one connection, to a certificate for the domain of the trunk', async () => {
  const invites: IncomingInvite[] = [];
  const callee = await agent(authority.issue('DNS:trunk.example'), (invite) => {
    invites.push(invite);
    invite.answer(ANSWER);
  });
  const caller = await agent(undefined);
  const call = new CallLog();
  const to = { ...callee.wire.local, transport: 'tls', serverName: 'trunk.example' } as const;
  caller.userAgent.invite(request('tls', { to, requestUri: 'sip:1@trunk.example;transport=tls' }), call);
  await until(() => call.dialog !== undefined);
  expect(invites[0]?.headers.first('Via')).toMatch(/^SIP\/2\.0\/TLS 127\.0\.0\.1/);
  expect(invites[0]?.headers.first('Contact')).toMatch(/;transport=tls>$/);
  expect(call.dialog?.state).toMatchObject({ transport: 'tls', nextHop: { serverName: 'trunk.example' } });
  await call.dialog?.bye();
  expect(call.events).toEqual(['sent', '100', 'answered', 'ended by us']);
  expect([caller.wire.connections, callee.wire.connections]).toEqual([1, 1]);
  await Promise.all([caller.userAgent.close(), callee.userAgent.close()]);
  expect([caller.wire.connections, callee.wire.connections]).toEqual([0, 0]);
});

test('a call over TLS to a peer with a certificate for another domain fails, and the INVITE does not reach it', async () => {
  const invites: IncomingInvite[] = [];
  const callee = await agent(authority.issue('DNS:other.example,IP:127.0.0.1'), (invite) => invites.push(invite));
  const caller = await agent(undefined);
  const call = new CallLog();
  caller.userAgent.invite(request('tls', { to: { ...callee.wire.local, transport: 'tls', serverName: 'trunk.example' } }), call);
  await until(() => call.failure !== undefined);
  expect(call.failure?.why).toBe('transport');
  expect(invites).toEqual([]);
  await Promise.all([caller.userAgent.close(), callee.userAgent.close()]);
});
