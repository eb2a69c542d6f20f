import { describe, expect, it } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { latestSession, newAccount, type RealServer, saveFlow, takeCalls } from '../support/real-server.ts';

const long = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;

let server: RealServer;
const closing = serverOfFile((started) => {
  server = started;
});

/** An account with a trunk to this machine, whose number runs the flow. */
async function called(flow: FlowInfo, srtp: 'Off' | 'Optional' | 'Required' = 'Off'): Promise<{ account: ReadyAccount; number: string }> {
  const account = await newAccount(server.child, 5060, { srtp });
  return { account, number: await takeCalls(account, { flowId: await saveFlow(account, flow) }) };
}

describe('baresip as the carrier that calls', () => {
  const ask = flowOf({
    ask: ['GatherNode', { Prompt: 'Press.', MaxDigits: 3, Digits: into('Entered'), Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: from('Session', 'Entered') }],
  });

  async function phone(mediaEncryption?: 'srtp' | 'srtp-mand'): Promise<Baresip> {
    const started = await startBaresip({ user: '+18144049999', ...(mediaEncryption && { mediaEncryption }) });
    closing.push(started.close);
    return started;
  }

  it.each([
    ['in clear', 'Off', undefined],
    ['with SRTP', 'Required', 'srtp-mand'],
  ] as const)('presses digits, is understood, and is hung up on, %s', async (_how, srtp, mediaEncryption) => {
    const { account, number } = await called(ask, srtp);
    const caller = await phone(mediaEncryption);
    await caller.command('dial', `sip:${number}@127.0.0.1:${server.sip.port}`);
    await caller.seen('CALL_ESTABLISHED');
    for (const digit of '123') await caller.command('sndcode', digit);
    await caller.seen('CALL_CLOSED');
    const session = await latestSession(account, ended);
    expect(session).toMatchObject({ outcome: '123', direction: 'inbound', fromAddress: '+18144049999', toAddress: number });
    expect(session.mediaReport).toMatchObject({ audioReceived: true, digits: 3, packetsLost: 0 });
  });

  it('hangs up', async () => {
    const { account, number } = await called(long);
    const caller = await phone();
    await caller.command('dial', `sip:${number}@127.0.0.1:${server.sip.port}`);
    await caller.seen('CALL_ESTABLISHED');
    await caller.command('hangup');
    expect(await latestSession(account, ended)).toMatchObject({ outcome: 'CallerHungUp' });
  });
});
