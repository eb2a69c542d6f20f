import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { type SoakedAudio, soakedAudio } from './soaked-audio.ts';
import { fateOf } from './soaked-kinds.ts';
import { type PairCounts, SoakedPairs, transferred } from './soaked-transfers.ts';
import { testPort } from './test-port.ts';

export const LOOPBACK = '127.0.0.1';

export const ANSWER_AFTER_MS = 50;
export const HANG_UP_AFTER_MS = 100;
export const after = (ms: number): Promise<void> => new Promise((resolve) => systemClock.after(ms, resolve));

/** Whom flows dial: it hangs up. */
export const FRIEND = '+18169000006';
/** Whom flows dial, and who sends the caller on to another number, who hangs up. */
export const SENDING_ON = '+18169100000';
const SENT_ON_TO = '+18169200006';
/** The numbers of those whom many flows dial. */
const SHARED_PREFIX = '+1816';

export interface SoakedCallee {
  readonly port: number;
  readonly audio: SoakedAudio;
  /** How often the friend has answered. */
  readonly friends: () => number;
  /** How often a caller was sent on, and both sides were told so. */
  readonly sentOn: () => number;
  readonly pairs: () => PairCounts;
  /** Resolves when the call to this number has been answered. */
  answered(number: string): Promise<void>;
  /** Resolves when the call to this number is over at the callee. */
  over(number: string): Promise<void>;
  /**
   * Calls this number of the server, and hangs up after a while if `hangsUp`. Resolves when the call is over.
   * @returns false when the server had no room for it
   */
  call(server: Endpoint, number: string, caller: string, hangsUp: boolean): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * A callee of very many calls over real sockets, who calls too. What it hears it sends back, all from one port.
 * @param threadOf number of the media thread that has a port of the server
 */
export async function soakedCallee(threadOf: (port: number) => number): Promise<SoakedCallee> {
  const audio = await soakedAudio(LOOPBACK);
  const waiting = new Map<string, () => void>();
  const waitingForAnswer = new Map<string, () => void>();
  /** Answered calls, by their number, of numbers that have one. */
  const up = new Map<string, Dialog>();
  const pairs = new SoakedPairs(threadOf);
  let friends = 0;
  let sentOn = 0;
  const take = async (invite: IncomingInvite, number: string): Promise<void> => {
    const over = (): void => {
      waiting.get(number)?.();
      waiting.delete(number);
    };
    // A number that is called again is dialled by the flow of its first call.
    const first = up.get(number);
    if (first) return takeSecond(invite, first);
    const fate = fateOf(number);
    invite.onCancelled = over;
    invite.ring();
    if (fate === 'cancelled' || fate === 'not answered') return;
    await after(ANSWER_AFTER_MS);
    if (fate === 'busy') {
      invite.reject(486);
      over();
      return;
    }
    const dialog = await invite.answer(audio.answer(invite.sdp ?? ''));
    if (number === FRIEND) friends++;
    if (!number.startsWith(SHARED_PREFIX)) up.set(number, dialog);
    dialog.onEnded(() => {
      up.delete(number);
      over();
    });
    waitingForAnswer.get(number)?.();
    waitingForAnswer.delete(number);
    if (fate === 'callee hangs up') systemClock.after(HANG_UP_AFTER_MS, () => void dialog.bye());
    if (number === SENDING_ON) await sendOn(dialog);
  };
  const takeSecond = async (invite: IncomingInvite, first: Dialog): Promise<void> => {
    invite.ring();
    await after(ANSWER_AFTER_MS);
    const dialog = await invite.answer(audio.answer(invite.sdp ?? ''));
    await pairs.leave({ dialog, hangUp: () => void first.bye() });
  };
  const sendOn = async (dialog: Dialog): Promise<void> => {
    await after(HANG_UP_AFTER_MS);
    const isSent = await transferred(dialog, { uri: `sip:${SENT_ON_TO}@${LOOPBACK}` });
    if (isSent) sentOn++;
    // Every other time it leaves that to the server.
    if (!isSent || sentOn % 2 === 0) await dialog.bye();
  };
  const udp = await openUdp({ local: { address: LOOPBACK, port: await testPort() }, log: silentLogger });
  const agent = new UserAgent({
    ...{ wires: [udp], clock: systemClock, random: systemRandom, log: silentLogger, product: 'callee' },
    // A call of the friend that is given up before its answer ends with an error here.
    onInvite: (invite) => void take(invite, /^sip:([^@]+)@/.exec(invite.requestUri)?.[1] ?? '').catch(() => undefined),
  });
  return {
    port: udp.local.port,
    audio,
    friends: () => friends,
    sentOn: () => sentOn,
    pairs: () => pairs.counts,
    answered: (number) => new Promise((resolve) => waitingForAnswer.set(number, resolve)),
    over: (number) => new Promise((resolve) => waiting.set(number, resolve)),
    call: (server, number, caller, hangsUp) =>
      new Promise((resolve, reject) => {
        const request = {
          to: { ...server, transport: 'udp' as const },
          requestUri: `sip:${number}@${server.address}`,
          from: `sip:${caller}@${LOOPBACK}`,
          toUri: `sip:${number}@${server.address}`,
          offer: audio.offer,
        };
        agent.invite(request, {
          sent: () => {},
          provisional: () => {},
          answered: (dialog) => {
            dialog.onEnded(() => resolve(true));
            if (hangsUp) systemClock.after(HANG_UP_AFTER_MS, () => void dialog.bye());
          },
          failed: (failure) => (failure.status === 503 ? resolve(false) : reject(new Error(JSON.stringify(failure)))),
        });
      }),
    close: async () => {
      await agent.close();
      await audio.close();
    },
  };
}
