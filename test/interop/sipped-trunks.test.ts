import { describe, expect, it, type TestContext, vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { type EndpointInfo, ListEndpoints, NewSipTrunk, PatchEndpoint } from '../../src/contracts/endpoints.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { newAccount, numberToDial, type RealServer, saveFlow, sessionWhen, takeCalls } from '../support/real-server.ts';
import { type SippOfTrunk, sippOfTrunk } from '../support/sipp-of-trunk.ts';
import { acknowledged, answer, hungUp, ring, type SippStep, sippScenario } from '../support/sipp-scenario.ts';
import { sippCallsServer, type Way, ways } from '../support/sipp-to-server.ts';

// sipp as the hosts of trunks of the whole server, over clean and bad networks: keys in SDP, registrations, checks, failover. The seeds
// are such that the network that loses takes the first message.

const MOST_MS = 60_000;
const short = flowOf({ wait: ['WaitNode', { Timeout: 0.3, Done: to('bye') }], bye: ['HangUpNode'] });
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;

let server: RealServer;
serverOfFile((started) => {
  server = started;
});

type AtEnd = TestContext['onTestFinished'];

async function sipp(steps: readonly SippStep[], way: Way, seed: number, atEnd: AtEnd): Promise<SippOfTrunk> {
  const started = await sippOfTrunk(server, steps, way, seed);
  atEnd(started.close);
  return started;
}

type Trunk = NonNullable<Parameters<typeof newAccount>[2]>;

/** Places a call over a trunk to one of these hosts, and waits until it is over. */
async function called(hosts: readonly SippOfTrunk[], more: Trunk = {}): Promise<SessionInfo> {
  const account = await newAccount(server.child, 5060);
  const targets = hosts.map(({ target }, priority) => ({ ...target, priority }));
  const trunk = { accountId: account.accountId, name: 'Carrier', prefixes: ['+1814'], targets, ...more };
  await account.api.call(NewSipTrunk, trunk);
  const { id = '' } = await account.api.placeCall({ flowId: await saveFlow(account, short), numberToDial });
  return sessionWhen(account.api, id, ended);
}

const KEY = Buffer.alloc(30, 7).toString('base64');
const description = (protocol: string, lines: readonly string[] = []): string =>
  [...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'], ...[`m=audio 6000 ${protocol} 0 101`, ...lines]].join(
    '\n',
  );
const encrypted = description('RTP/SAVP', [`a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${KEY}`]);
const invitedWithKeys: SippStep = {
  recv: 'INVITE',
  checks: [
    ['', 'm=audio [0-9]+ RTP/SAVP '],
    ['', 'a=crypto:[0-9]+ AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/]{40}'],
  ],
};

describe.each(ways)('a trunk of sipp with keys in SDP, over %s', (_way, way) => {
  it.concurrent('is offered keys, answers with its own, and is hung up', { timeout: MOST_MS }, async ({ onTestFinished }) => {
    const callee = await sipp([invitedWithKeys, ring, { ...answer, sdp: encrypted }, acknowledged, ...hungUp], way, 1, onTestFinished);
    const session = await called([callee], { srtp: 'Required' });
    await callee.done();
    expect(session).toMatchObject({ outcome: 'Completed', sipCause: 200 });
  });

  it.concurrent('answers without keys: the call is not spoken in clear', { timeout: MOST_MS }, async ({ onTestFinished }) => {
    const callee = await sipp(
      [invitedWithKeys, { ...answer, sdp: description('RTP/AVP') }, acknowledged, ...hungUp],
      way,
      42,
      onTestFinished,
    );
    const session = await called([callee], { srtp: 'Required' });
    await callee.done();
    expect(session.outcome).not.toBe('Completed');
  });

  it.concurrent('calls with keys, and is answered with ours', { timeout: MOST_MS }, async () => {
    const account = await newAccount(server.child, 5060, { srtp: 'Required' });
    const number = await takeCalls(account, { flowId: await saveFlow(account, short) });
    const answered: SippStep = {
      recv: 200,
      checks: [
        ['', 'm=audio [0-9]+ RTP/SAVP 0'],
        ['', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:[A-Za-z0-9+/]{40}'],
      ],
    };
    const steps: SippStep[] = [
      { request: 'INVITE', sdp: encrypted },
      { recv: 100, optional: true },
      { recv: 180, optional: true },
      answered,
      { request: 'ACK' },
      ...hungUp,
    ];
    await sippCallsServer({ xml: sippScenario('caller', steps) }, server.sip, number, way, 6);
  });
});

const CHALLENGE = 'WWW-Authenticate: Digest realm="sipp", nonce="47ebe028cda119c35d4877b383027d28", qop="auth", algorithm=MD5';
const granted = (seconds: number): SippStep => ({ reply: 200, lines: [`Expires: ${seconds}`] });
const asked = (seconds: number): SippStep => ({ recv: 'REGISTER', checks: [['Expires', ` *${seconds}`]] });
const proven = (seconds: number): SippStep => ({
  recv: 'REGISTER',
  checks: [
    ['Expires', ` *${seconds}`],
    ['Authorization', 'Digest .*username="carrier-user"'],
  ],
});
const challenged: SippStep = { reply: 401, lines: [CHALLENGE] };

/** The trunk of an account, as the API shows it, once `done` holds for it. */
async function trunkWhen({ api }: ReadyAccount, done: (trunk: EndpointInfo) => boolean, timeout = 30_000): Promise<EndpointInfo> {
  let found: EndpointInfo | undefined;
  const look = async (): Promise<void> => {
    [found] = (await api.call(ListEndpoints, { type: 'SipTrunk' })).items;
    expect(found && done(found), JSON.stringify(found)).toBe(true);
  };
  await vi.waitFor(look, { timeout, interval: 100 });
  if (!found) throw new Error('There is no trunk');
  return found;
}

describe.each(ways)('a trunk that registers at sipp, over %s', (_way, way) => {
  it.concurrent('is challenged, asks for longer as it is told, is renewed in time, and is ended', { timeout: MOST_MS }, async ({
    onTestFinished,
  }) => {
    const steps = [
      ...[asked(600), challenged, proven(600), { reply: 423, lines: ['Min-Expires: 900'] }, proven(900), granted(2)],
      ...[asked(600), challenged, proven(600), granted(900)],
      ...[asked(0), { reply: 200 }],
    ];
    const registrar = await sipp(steps, way, 44, onTestFinished);
    const account = await newAccount(server.child, 5060, {
      ...registrar.target,
      userName: 'carrier-user',
      password: 'secret',
      registration: { isEnabled: true },
    });
    // The second time it is for long.
    const isRenewed = ({ registrationState: state }: EndpointInfo): boolean =>
      state?.state === 'Registered' && Date.parse(state.expires ?? '') - Date.now() > 60_000;
    const { id = '' } = await trunkWhen(account, isRenewed);
    await account.api.call(PatchEndpoint, { endpointId: id, registration: { isEnabled: false } });
    await registrar.done();
  });
});

describe.each(ways)('a trunk with two sipps, over %s', (_way, way) => {
  it.concurrent('goes to the second when the first has no room', { timeout: MOST_MS }, async ({ onTestFinished }) => {
    const first = await sipp([{ recv: 'INVITE' }, { reply: 503 }, acknowledged], way, 7, onTestFinished);
    const second = await sipp([{ recv: 'INVITE' }, ring, answer, acknowledged, ...hungUp], way, 12, onTestFinished);
    const session = await called([first, second]);
    await Promise.all([first.done(3), second.done()]);
    expect(session).toMatchObject({ outcome: 'Completed', sipCause: 200 });
  });

  it.concurrent('does not go on when the first is busy', { timeout: MOST_MS }, async ({ onTestFinished }) => {
    const first = await sipp([{ recv: 'INVITE' }, ring, { reply: 486 }, acknowledged], way, 47, onTestFinished);
    const second = await sipp([{ recv: 'INVITE' }], way, 22, onTestFinished);
    expect(await called([first, second])).toMatchObject({ outcome: 'Busy', sipCause: 486 });
    await first.done();
    expect(second.isOver()).toBe(false);
  });
});

describe.each(ways)('a trunk that is checked, over %s', (_way, way) => {
  it.concurrent('is up when sipp answers its OPTIONS', { timeout: MOST_MS }, async ({ onTestFinished }) => {
    const host = await sipp([{ recv: 'OPTIONS', checks: [['Max-Forwards', '[0-9]+']] }, { reply: 200 }], way, 16, onTestFinished);
    const account = await newAccount(server.child, 5060, { ...host.target, healthCheckIntervalInSeconds: 60 });
    await host.done(2);
    const trunk = await trunkWhen(account, ({ targetStates: [one] = [] }) => one?.state === 'Up');
    expect(trunk.targetStates).toMatchObject([{ port: host.target.port, status: 200 }]);
  });
});
