import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { soakedAudio } from './soaked-audio.ts';
import { testPort } from './test-port.ts';

const LOOPBACK = '127.0.0.1';

/** What calls there are, each so many of ten: flows that speak, dial somebody, are recorded or encrypted, and calls that come in. */
const kinds = ['said', 'said', 'said', 'said', 'bridged', 'bridged', 'recorded', 'encrypted', 'incoming', 'incoming'] as const;
export type SoakedKind = (typeof kinds)[number];
export const kindOf = (index: number): SoakedKind => kinds[Math.floor(index / 10) % kinds.length] ?? 'said';

/** What becomes of calls, by the last digit of the number that is dialled. */
export const fates = ['we hang up', 'callee hangs up', 'busy', 'cancelled', 'not answered'] as const;
export type Fate = (typeof fates)[number];

const ANSWER_AFTER_MS = 50;
const HANG_UP_AFTER_MS = 100;

/** Five of ten are answered and left to the flow, two are hung up by the callee, and one each has another fate. */
export const fateOf = (number: string): Fate => fates[Math.max(0, Number(number.at(-1)) - 5)] ?? fates[1];

/** Whom flows dial: it hangs up. */
export const FRIEND = '+18169000006';

export interface SoakedCallee {
  readonly port: number;
  /** RTP packets that came and were sent back, and those of them that came encrypted. */
  readonly packets: () => { readonly all: number; readonly encrypted: number };
  /** How often the friend has answered. */
  readonly friends: () => number;
  /** Resolves when the call to this number is over at the callee. */
  over(number: string): Promise<void>;
  /**
   * Calls this number of the server, and hangs up after a while when the last digit of `caller` says so. Resolves when the call is over.
   * @returns false when the server had no room for it
   */
  call(server: Endpoint, number: string, caller: string): Promise<boolean>;
  close(): Promise<void>;
}

/** A callee of very many calls over real sockets, who calls too. What it hears it sends back, all from one port. */
export async function soakedCallee(): Promise<SoakedCallee> {
  const audio = await soakedAudio(LOOPBACK);
  const waiting = new Map<string, () => void>();
  let friends = 0;
  const take = async (invite: IncomingInvite, number: string): Promise<void> => {
    const over = (): void => {
      waiting.get(number)?.();
      waiting.delete(number);
    };
    const fate = fateOf(number);
    invite.onCancelled = over;
    invite.ring();
    if (fate === 'cancelled' || fate === 'not answered') return;
    await new Promise<void>((resolve) => systemClock.after(ANSWER_AFTER_MS, resolve));
    if (fate === 'busy') {
      invite.reject(486);
      over();
      return;
    }
    const dialog = await invite.answer(audio.answer(invite.sdp ?? ''));
    if (number === FRIEND) friends++;
    dialog.onEnded(over);
    if (fate === 'callee hangs up') systemClock.after(HANG_UP_AFTER_MS, () => void dialog.bye());
  };
  const udp = await openUdp({ local: { address: LOOPBACK, port: await testPort() }, log: silentLogger });
  const agent = new UserAgent({
    ...{ wires: [udp], clock: systemClock, random: systemRandom, log: silentLogger, product: 'callee' },
    // A call of the friend that is given up before its answer ends with an error here.
    onInvite: (invite) => void take(invite, /^sip:([^@]+)@/.exec(invite.requestUri)?.[1] ?? '').catch(() => undefined),
  });
  return {
    port: udp.local.port,
    packets: audio.packets,
    friends: () => friends,
    over: (number) => new Promise((resolve) => waiting.set(number, resolve)),
    call: (server, number, caller) =>
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
            if (fateOf(caller) !== 'we hang up') systemClock.after(HANG_UP_AFTER_MS, () => void dialog.bye());
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
