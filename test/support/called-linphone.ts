import { expect, vi } from 'vitest';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { flowOf, type ShortNode, to } from './flow-builder.ts';
import { type Linphone, startLinphone } from './linphone.ts';
import { type LinphoneConsole, startLinphoneConsole } from './linphone-console.ts';
import { inTurn } from './over-bad-networks.ts';
import { newAccount, numberToDial, type RealServer, saveFlow, sessionWhen } from './real-server.ts';
import { inState } from './talk-with-linphone.ts';
import { testPort } from './test-port.ts';

const KEYS = '79*D';

/** Which server calls, and what has phones closed at the end. */
export interface CalledScene {
  readonly server: RealServer;
  /** Where the server reaches a port of linphone. Absent: there. */
  readonly at?: (port: number) => Promise<number>;
  closing(close: () => Promise<void>): void;
}

export interface Security {
  readonly encryption?: 'none' | 'srtp';
  readonly srtp?: 'Off' | 'Required' | 'Optional';
}

/** Starts linphone, which answers, and has the server call it with this flow. */
export async function callLinphone(
  { server, at = async (port) => port, closing }: CalledScene,
  flow: FlowInfo,
  { encryption = 'none', srtp = 'Off' }: Security = {},
) {
  const { phone, port } = await inTurn(async () => {
    const free = await testPort();
    return { port: free, phone: await startLinphone(free) };
  });
  closing(phone.close);
  phone.command(`media-encryption ${encryption}`);
  await phone.seen(`Encryption: ${encryption}`);
  const account = await newAccount(server.child, await at(port), { srtp });
  const { id = '' } = await account.api.placeCall({ flowId: await saveFlow(account, flow), numberToDial });
  await inState(phone, 'LinphoneCallStreamsRunning', 10_000);
  const session = (done: (session: SessionInfo) => boolean) => sessionWhen(account.api, id, done);
  return { phone, session, over: () => session(({ ended }) => ended === true) };
}

/** linphone with a microphone and a speaker, and where the server reaches it. */
export async function consoleOf(
  { at = async (port) => port, closing }: Pick<CalledScene, 'at' | 'closing'>,
  toneHz: number,
): Promise<{ readonly phone: LinphoneConsole; readonly port: number }> {
  const { phone, port } = await inTurn(async () => {
    const free = await testPort();
    return { port: free, phone: await startLinphoneConsole({ sipPort: free, toneHz, codecs: ['PCMU'] }) };
  });
  closing(phone.close);
  return { phone, port: await at(port) };
}

/** Sends keys after what comes before, which leads to `send`. */
export const sendingKeys = (before: Readonly<Record<string, ShortNode>>): FlowInfo =>
  flowOf({
    ...before,
    send: ['SendDigitsNode', { Digits: KEYS, Done: to('after') }],
    after: ['WaitNode', { Timeout: 1, Done: to('bye') }],
    bye: ['HangUpNode'],
  });

/** linphone has heard the keys of `sendingKeys`, in order and each once; with `again` some of them more than once. */
export async function hearsKeys(phone: Linphone, { again = false } = {}): Promise<void> {
  const look = (): void => {
    const keys = phone.all(/^Tone: (.)$/gm).join('');
    expect(again ? keys.replaceAll(/(.)\1+/g, '$1') : keys).toBe(KEYS);
  };
  await vi.waitFor(look, { timeout: 1_000, interval: 50 });
}

/** Transfers the call blind. */
export const transferringTo = (Target: string): FlowInfo =>
  flowOf({
    // Asked in the moment of its answer, linphone gets stuck in putting the call on hold for it.
    before: ['WaitNode', { Timeout: 2, Done: to('move') }],
    move: ['TransferNode', { Target, Transferred: to('yes') }],
    yes: ['HangUpNode', { Outcome: 'Transferred' }],
  });
