import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestAuthority } from '../support/certificates.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import { latestSession, newAccount, type RealServer, realServer, saveFlow } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip } from '../support/registered-phones.ts';
import { testPort } from '../support/test-port.ts';

const authority = new TestAuthority();
const ours = authority.issue('DNS:localhost,IP:127.0.0.1');
const theirs = authority.issue('DNS:phone.example');
let server: RealServer;
let tlsPort = 0;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  tlsPort = await testPort();
  server = await realServer({
    RINGFLOW_SIP_TLS_PORT: String(tlsPort),
    RINGFLOW_SIP_TLS_CERTIFICATE: ours.certificateFile,
    RINGFLOW_SIP_TLS_KEY: ours.keyFile,
    RINGFLOW_SIP_TLS_CA: authority.caFile,
  });
}, 60_000);

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(async () => {
  await server?.remove();
  authority.remove();
}, 60_000);

describe('two phones that have registered over TLS', () => {
  it('call each other, with SRTP on both sides: each hears the tone of the other', { timeout: 60_000 }, async () => {
    const account = await newAccount(server.child, 5060);
    const called = await newPhoneUser(account, 'called-tls');
    const flow = flowOf({
      dial: ['DialNode', { User: called.id, AnsweredBy: into('Who'), Done: to('done'), NoAnswer: to('nobody') }],
      done: ['HangUpNode', { Outcome: from('Session', 'Who') }],
      nobody: ['HangUpNode', { Outcome: 'Nobody' }],
    });
    const calling = await newPhoneUser(account, 'calling-tls', await saveFlow(account, flow));
    const options = { transport: 'tls', mediaEncryption: 'srtp-mand', tls: { ...theirs, caFile: authority.caFile } } as const;
    // One after the other: each looks for ports that are free.
    const caller = await registeredBaresip(calling, tlsPort, { ...options, toneHz: 440 });
    closing.push(caller.close);
    const callee = await registeredBaresip(called, tlsPort, { ...options, toneHz: 1000 });
    closing.push(callee.close);
    await caller.command('dial', '4000');
    await callee.seen('CALL_ESTABLISHED');
    await Promise.all([hearing(1000, caller), hearing(440, callee)]);
    await callee.command('hangup');
    expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: called.user, fromAddress: calling.user });
    for (const phone of [caller, callee]) {
      const log = await phone.log();
      expect(log).toMatch(/^a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 /m);
      expect(log).not.toMatch(/^Via: SIP\/2\.0\/(?:UDP|TCP) /m);
    }
  });
});
