import { describe, expect, it, type TestContext } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { NewSipTrunk } from '../../src/contracts/endpoints.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { latestSession, newAccount, type RealServer, saveFlow, takeCalls } from '../support/real-server.ts';
import { type SippOfTrunk, sippOfTrunk } from '../support/sipp-of-trunk.ts';
import { acknowledged, answer, hangUp, hungUp, ring, type SippStep, sippScenario } from '../support/sipp-scenario.ts';
import { sippCallsServer, type Way, ways } from '../support/sipp-to-server.ts';

// Two and three sipps in one call of the whole server, over clean and bad networks: who calls and for whom the call was, as each says it, and
// a transfer. The seeds are such that the network that loses takes the first message.

const MOST_MS = 60_000;
const CALLER = '+4930123456';
const FRIEND = '+18144043111';
const OTHER = '+18154043222';
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;
const dialling = flowOf({
  dial: ['DialNode', { Number: FRIEND, AllowTransfer: true, AnsweredBy: into('Who'), Done: to('bye'), Failed: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'Called by {{ Session.From }}, answered by {{ Session.Who }}' }],
});

let server: RealServer;
serverOfFile((started) => {
  server = started;
});

type Trunk = NonNullable<Parameters<typeof newAccount>[2]>;

interface Dialling {
  readonly account: ReadyAccount;
  /** Of the account: whoever calls it is joined with FRIEND. */
  readonly number: string;
}

/** A sipp with a trunk of its own, for numbers with this prefix. */
async function sippAt(
  { accountId, api }: ReadyAccount,
  prefix: string,
  steps: readonly SippStep[],
  { way, seed, atEnd, trunk = {} }: { way: Way; seed: number; atEnd: TestContext['onTestFinished']; trunk?: Trunk },
): Promise<SippOfTrunk> {
  const sipp = await sippOfTrunk(server, steps, way, seed);
  atEnd(sipp.close);
  await api.call(NewSipTrunk, { accountId, name: `For ${prefix}`, prefixes: [prefix], ...sipp.target, ...trunk });
  return sipp;
}

async function diallingAccount(): Promise<Dialling> {
  const account = await newAccount(server.child, 5060);
  return { account, number: await takeCalls(account, { flowId: await saveFlow(account, dialling) }) };
}

/** sipp calls as this, and is hung up by the server. */
const calls = (lines: readonly string[]): { xml: string } => ({
  xml: sippScenario('caller', [
    { request: 'INVITE', sdp: {}, lines },
    { recv: 100, optional: true },
    { recv: 180, optional: true },
    { recv: 200 },
    { request: 'ACK' },
    ...hungUp,
  ]),
});
/** sipp is told how its transfer goes. */
const told = (state: string, status: string): readonly SippStep[] => [
  { recv: 'NOTIFY', checks: [whole(`Subscription-State: ${state}`), whole(`SIP/2.0 ${status}`)] },
  { reply: 200 },
];
const talks: readonly SippStep[] = [ring, answer, acknowledged];
const whole = (pattern: string): readonly [string, string] => ['', pattern];

describe.each(ways)('sipp calls and is joined with sipp, over %s', (_way, way) => {
  it.concurrent('one asserts who calls, and the other is told that and for whom the call was', { timeout: MOST_MS }, async ({
    onTestFinished: atEnd,
  }) => {
    const { account, number } = await diallingAccount();
    const own = number.replace('+', '[+]');
    const invited: SippStep = {
      recv: 'INVITE',
      checks: [
        ['From', `<sip:${own}@`],
        ['P-Asserted-Identity', `<sip:${own}@`],
        ['Diversion', `<sip:${own}@.*reason=deflection;counter=1`],
      ],
    };
    const trunk = { identityHeader: 'PAssertedIdentity', diversionHeader: 'Diversion' } as const;
    const friend = await sippAt(account, '+1814', [invited, ...talks, ...hangUp], { way, seed: 1, atEnd, trunk });
    const lines = [`P-Asserted-Identity: "Ada" <sip:${CALLER}@carrier.example>`, 'Diversion: <sip:+18145550123@carrier.example>'];
    await sippCallsServer(calls(lines), server.sip, number, way, 6);
    await friend.done();
    expect(await latestSession(account, ended)).toMatchObject({
      fromAddress: CALLER,
      forwardedFrom: '+18145550123',
      outcome: `Called by ${CALLER}, answered by ${FRIEND}`,
    });
  });

  it.concurrent('one wants to be kept, and the other sees an anonymous caller', { timeout: MOST_MS }, async ({ onTestFinished: atEnd }) => {
    const { account, number } = await diallingAccount();
    const invited: SippStep = {
      recv: 'INVITE',
      checks: [
        ['From', 'sip:anonymous@anonymous.invalid'],
        ['Privacy', 'id'],
        whole(`P-Preferred-Identity: <sip:${number.replace('+', '[+]')}@`),
      ],
    };
    const trunk = { identityHeader: 'PPreferredIdentity', isCallerAnonymous: true } as const;
    const friend = await sippAt(account, '+1814', [invited, ...talks, ...hangUp], { way, seed: 1, atEnd, trunk });
    const lines = [`P-Asserted-Identity: <sip:${CALLER}@carrier.example>`, 'Privacy: id'];
    await sippCallsServer(calls(lines), server.sip, number, way, 6);
    await friend.done();
    expect(await latestSession(account, ended)).toMatchObject({ fromAddress: 'sipp', outcome: `Called by sipp, answered by ${FRIEND}` });
  });

  it.concurrent('one sends the other on to a third, is told so, and hangs up', { timeout: MOST_MS }, async ({ onTestFinished: atEnd }) => {
    const { account, number } = await diallingAccount();
    const sendsOn: readonly SippStep[] = [
      { pauseMs: 300 },
      { request: 'REFER', lines: [`Refer-To: <sip:${OTHER}@127.0.0.1>`, 'Referred-By: <sip:sipp@127.0.0.1>'], repeat: true },
      { recv: 202 },
      ...told('active', '100 Trying'),
      ...told('terminated', '200 OK'),
      ...hangUp,
    ];
    const friend = await sippAt(account, '+1814', [{ recv: 'INVITE' }, ...talks, ...sendsOn], { way, seed: 1, atEnd });
    // It does not ring: over a slow network that might be told, or not any more.
    const answers: readonly SippStep[] = [{ recv: 'INVITE' }, answer, acknowledged, { pauseMs: 1000 }, ...hangUp];
    const third = await sippAt(account, '+1815', answers, { way, seed: 12, atEnd });
    await sippCallsServer(calls([]), server.sip, number, way, 6);
    await Promise.all([friend.done(), third.done()]);
    expect(await latestSession(account, ended)).toMatchObject({ outcome: expect.stringContaining('answered by') });
  });
});
