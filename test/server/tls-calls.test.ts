import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { measureSound } from '../../src/cli/heard.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { TestAuthority } from '../support/certificates.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { listeningPort } from '../support/listening-port.ts';
import { latestSession, newAccount, numberToDial, type RealServer, realServer, saveFlow, takeCalls } from '../support/real-server.ts';
import { testPort } from '../support/test-port.ts';

// A server that takes SIP over TLS from peers with a certificate only, and calls over TLS and SRTP.

const authority = new TestAuthority();
const ours = authority.issue('DNS:localhost,IP:127.0.0.1');
const flow = flowOf({
  before: ['WaitNode', { Timeout: 0.5, Done: to('say') }],
  say: ['SayNode', { WhatToSay: 'This call is encrypted.', Done: to('after') }],
  after: ['WaitNode', { Timeout: 0.5, Done: to('bye') }],
  bye: ['HangUpNode'],
});
const over = ({ ended }: SessionInfo): boolean => ended === true;

let server: RealServer;
let tlsPort: number;
const closing: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  tlsPort = await testPort();
  server = await realServer({
    RINGFLOW_SIP_TLS_PORT: String(tlsPort),
    RINGFLOW_SIP_TLS_CERTIFICATE: ours.certificateFile,
    RINGFLOW_SIP_TLS_KEY: ours.keyFile,
    RINGFLOW_SIP_TLS_CA: authority.caFile,
    RINGFLOW_SIP_TLS_REQUIRE_CLIENT_CERTIFICATE: 'true',
  });
}, 60_000);
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(async () => {
  await server.remove();
  authority.remove();
}, 60_000);

async function phone(names: string, isEncrypted = true): Promise<Baresip> {
  const started = await startBaresip({
    user: numberToDial,
    tls: { ...authority.issue(names), caFile: authority.caFile },
    ...(isEncrypted && { mediaEncryption: 'srtp-mand' as const }),
  });
  closing.push(started.close);
  return started;
}

/** An account whose trunk is reached over TLS only, with SRTP. */
const secureAccount = (host: string, port: number): Promise<ReadyAccount> =>
  newAccount(server.child, port, { host, transport: 'Tls', srtp: 'Required' });

async function callTo(host: string, port: number): Promise<SessionInfo> {
  const account = await secureAccount(host, port);
  await account.api.call(PlaceCall, { flowId: await saveFlow(account, flow), numberToDial });
  return latestSession(account, over);
}

describe('a call to a trunk over TLS', () => {
  it('is spoken over SRTP with a phone that proves to be the host of the trunk', async () => {
    const callee = await phone('DNS:localhost');
    const session = await callTo('localhost', callee.tlsPort);
    expect(session.outcome).toBe('Completed');
    expect(await callee.log()).toMatch(/INVITE sip:[^\r\n]*transport=tls/);
    expect(measureSound(await callee.heard()).soundMs).toBeGreaterThan(500);
  }, 60_000);

  it('is not placed to a phone with the certificate of another name, which gets no INVITE', async () => {
    const callee = await phone('DNS:other.example,IP:127.0.0.1');
    const session = await callTo('localhost', callee.tlsPort);
    expect(session.outcome).not.toBe('Completed');
    expect(await callee.log()).not.toContain('INVITE');
  }, 60_000);

  it('says which name it wants, and shows the certificate of the server', async () => {
    const seen: unknown[] = [];
    const { certificate: cert, key } = authority.issue('DNS:localhost');
    const listener = createServer({ cert, key, ca: authority.ca, requestCert: true, rejectUnauthorized: true }, (socket: TLSSocket) => {
      socket.on('error', () => {});
      seen.push(socket.servername, socket.getPeerCertificate().subjectaltname);
      socket.once('data', (invite) => {
        const kept = String(invite)
          .split('\r\n')
          .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
        const answer = kept.map((line) => (line.startsWith('To:') ? `${line};tag=x` : line));
        socket.write(`SIP/2.0 603 Decline\r\n${answer.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`);
      });
    });
    const port = await listeningPort(listener);
    closing.push(() => listener.close());
    const session = await callTo('localhost', port);
    expect(session).toMatchObject({ outcome: 'Rejected' });
    expect(seen).toEqual(['localhost', 'DNS:localhost, IP Address:127.0.0.1']);
  }, 60_000);
});

describe('a call that comes in over TLS', () => {
  async function callIn(isEncrypted: boolean): Promise<{ account: ReadyAccount; caller: Baresip }> {
    const account = await secureAccount('127.0.0.1', 5999);
    const number = await takeCalls(account, { flowId: await saveFlow(account, flow) });
    const caller = await phone('IP:127.0.0.1', isEncrypted);
    await caller.command('dial', `sip:${number}@127.0.0.1:${tlsPort}`);
    return { account, caller };
  }

  it('is answered, with sound over SRTP', async () => {
    const { account, caller } = await callIn(true);
    const session = await latestSession(account, over);
    expect(session).toMatchObject({ direction: 'inbound', outcome: 'Completed' });
    await caller.seen('CALL_CLOSED');
    expect(measureSound(await caller.heard()).soundMs).toBeGreaterThan(500);
  }, 60_000);

  it('is refused with 488 when it offers no SRTP', async () => {
    const { caller } = await callIn(false);
    await caller.seen('CALL_CLOSED');
    expect(await caller.log()).toContain('488');
  }, 60_000);

  it('is not taken from somebody without a certificate', async () => {
    const socket = connect({ host: '127.0.0.1', port: tlsPort, ca: authority.ca });
    closing.push(() => socket.destroy());
    socket.on('error', () => {});
    let heard = '';
    socket.on('data', (bytes) => {
      heard += String(bytes);
    });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.write(
      'OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:x@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n',
    );
    await closed;
    expect(heard).toBe('');
  });
});
