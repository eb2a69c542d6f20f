import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { NewFile } from '../../src/contracts/files.ts';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import { quietLine } from '../support/bad-line.ts';
import { callLinphone, hearsKeys, type Security, sendingKeys, transferringTo } from '../support/called-linphone.ts';
import { declinedByFlow } from '../support/declined-linphone.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { hearing } from '../support/heard-tones.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { startLinphoneConsole } from '../support/linphone-console.ts';
import { newAccount, numberToDial, type RealServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { buildWav, pcm16, sine } from '../support/sound.ts';
import { inState } from '../support/talk-with-linphone.ts';
import { testPort } from '../support/test-port.ts';

// linphone as a second phone beside baresip. linphonec keeps what it hears; linphone-daemon keeps nothing: that its keys reach the flow shows
// that RTP flows from it. An attended transfer takes two calls at one phone, which its automatic answer does not hold apart.

let server: RealServer;
const closing = serverOfFile((started) => {
  server = started;
});

const asking = (first: Readonly<Record<string, string>>): FlowInfo =>
  flowOf({
    ask: ['GatherNode', { ...first, MaxDigits: 5, TimeoutInSeconds: 12, Digits: into('Entered'), Done: to('route') }],
    route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['41', '4*2'], '4*2': to('right') }],
    right: ['HangUpNode', { Outcome: 'The right branch' }],
  });
const ask = asking({});

const call = (flow: FlowInfo, security: Security = {}) =>
  callLinphone({ server, closing: (close) => void closing.push(close) }, flow, security);

async function press(phone: Linphone, keys: string): Promise<void> {
  for (const key of keys) {
    phone.command(`dtmf ${key}`);
    await delay(250);
  }
}

describe.each(['Udp', 'Tcp'] as const)('linphone over %s', (transport) => {
  it('answers, hears what is played, presses keys, and the flow takes their branch', async () => {
    const port = await testPort();
    const phone = await startLinphoneConsole({ sipPort: port, toneHz: 700, codecs: ['PCMU'] });
    closing.push(phone.close);
    const account = await newAccount(server.child, port, { transport });
    const bytes = new Uint8Array(buildWav({ data: pcm16(sine(1000, 8000, 2)) }));
    const { id: audio = '' } = await account.api.call(NewFile, { accountId: account.accountId }, { name: 'tone.wav', bytes });
    const flowId = await saveFlow(account, asking({ PromptAudio: audio }));
    const { id = '' } = await account.api.placeCall({ flowId, numberToDial });
    await hearing(1000, phone, 0.3);
    phone.press('4*2#');
    expect(await sessionWhen(account.api, id, ({ ended }) => ended === true)).toMatchObject({ outcome: 'The right branch' });
  });
});

describe('linphone', () => {
  it('is sent digits by the flow, and hears each of them once', async () => {
    const { phone, over } = await call(sendingKeys({ before: ['WaitNode', { Timeout: 0.5, Done: to('send') }] }));
    expect(await over()).toMatchObject({ outcome: 'Completed' });
    await hearsKeys(phone);
  });

  it('hangs up', async () => {
    const { phone, over } = await call(ask);
    phone.command('terminate 1');
    expect(await over()).toMatchObject({ outcome: 'CalleeHungUp' });
  });

  it('holds the call and resumes it', async () => {
    const { phone, over } = await call(ask);
    phone.command('call-pause 1');
    await inState(phone, 'LinphoneCallPaused', 5_000);
    await delay(500);
    phone.command('call-resume 1');
    await inState(phone, 'LinphoneCallStreamsRunning', 5_000);
    await press(phone, '4*2#');
    expect(await over()).toMatchObject({ outcome: 'The right branch' });
  });

  // With `Optional` it answers in clear unless it insists on SRTP: see srtp-suites.test.ts.
  it.each(['Required', 'Optional'] as const)('that has SRTP talks when that is %s', async (srtp) => {
    const { phone, over } = await call(ask, { encryption: 'srtp', srtp });
    await press(phone, '4*2#');
    const session = await over();
    expect(session).toMatchObject({ outcome: 'The right branch' });
  });

  it('asks to be transferred, is declined, and goes on with the call: it hears, is heard and presses keys', {
    timeout: 40_000,
  }, async () => {
    const line = quietLine();
    closing.push(() => line.close());
    await declinedByFlow({ server, network: 'quiet', line, number: 1, closing: (close) => void closing.push(close) });
  });

  it('is transferred to another phone by the flow, and both are up without us', async () => {
    const port = await testPort();
    const other = await startLinphone(port);
    closing.push(() => other.close());
    const { over } = await call(transferringTo(`sip:other@127.0.0.1:${port}`));
    expect(await over()).toMatchObject({ outcome: 'Transferred' });
    await inState(other, 'LinphoneCallStreamsRunning', 5_000);
  });
});
