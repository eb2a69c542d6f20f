import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { TestAuthority } from '../support/certificates.ts';
import { bothHeard, greeting, TONE_HZ } from '../support/ipv6-talk.ts';
import { newAccount, numberToDial, type RealServer, realServer, saveFlow, takeCalls } from '../support/real-server.ts';
import { testPort } from '../support/test-port.ts';

// Calls with baresip that go over IPv6 alone, and what both sides hear.

const authority = new TestAuthority();
const ours = authority.issue('IP:::1');
let server: RealServer;
let tlsPort: number;
const phones: Baresip[] = [];

beforeAll(async () => {
  tlsPort = await testPort('::1');
  server = await realServer({
    RINGFLOW_SIP_HOST: '::1',
    RINGFLOW_SIP_TLS_PORT: String(tlsPort),
    RINGFLOW_SIP_TLS_CERTIFICATE: ours.certificateFile,
    RINGFLOW_SIP_TLS_KEY: ours.keyFile,
    RINGFLOW_SIP_TLS_CA: authority.caFile,
  });
}, 60_000);
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});
afterAll(async () => {
  await server?.remove();
  authority.remove();
}, 60_000);

const ways = [
  ['Udp', 'Off'],
  ['Tcp', 'Required'],
  ['Tls', 'Required'],
] as const satisfies Way[];
type Way = readonly [transport: 'Udp' | 'Tcp' | 'Tls', srtp: 'Off' | 'Required'];

async function phone([transport, srtp]: Way): Promise<Baresip> {
  const started = await startBaresip({
    user: numberToDial,
    host: '::1',
    toneHz: TONE_HZ,
    ...(srtp === 'Required' && { mediaEncryption: 'srtp-mand' as const }),
    ...(transport === 'Tls' && { tls: { ...authority.issue('IP:::1'), caFile: authority.caFile } }),
  });
  phones.push(started);
  return started;
}

const accountOf = ([transport, srtp]: Way, port: number): Promise<ReadyAccount> =>
  newAccount(server.child, port, { host: '::1', transport, srtp });

/** Both have heard each other, and no packet is lost. */
async function bothHeardAll(account: ReadyAccount, baresip: Baresip): Promise<SessionInfo> {
  const session = await bothHeard(account, baresip);
  expect(session.mediaReport).toMatchObject({ packetsLost: 0 });
  return session;
}

describe('over IPv6 baresip', () => {
  it.each(ways)(
    'is called over %s with SRTP %s, and both hear each other',
    async (...way) => {
      const callee = await phone(way);
      const account = await accountOf(way, way[0] === 'Tls' ? callee.tlsPort : callee.port);
      await account.api.call(PlaceCall, { flowId: await saveFlow(account, greeting), numberToDial });
      expect(await bothHeardAll(account, callee)).toMatchObject({ direction: 'outbound' });
    },
    60_000,
  );

  it.each(ways)(
    'calls over %s with SRTP %s, and both hear each other',
    async (...way) => {
      const account = await accountOf(way, 5999);
      const number = await takeCalls(account, { flowId: await saveFlow(account, greeting) });
      const caller = await phone(way);
      // To TLS it goes by itself, since its own address is there.
      const at = way[0] === 'Tls' ? `[::1]:${tlsPort}` : `[::1]:${server.sip.port};transport=${way[0].toLowerCase()}`;
      await caller.command('dial', `sip:${number}@${at}`);
      expect(await bothHeardAll(account, caller)).toMatchObject({ direction: 'inbound' });
    },
    60_000,
  );
});
