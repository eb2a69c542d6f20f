import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { testPort } from './test-port.ts';

const LOOPBACK = '127.0.0.1';

/** What becomes of calls, by the last digit of the number that is dialled. */
export const fates = ['we hang up', 'callee hangs up', 'busy', 'cancelled', 'not answered'] as const;
export type Fate = (typeof fates)[number];

const ANSWER_AFTER_MS = 50;
const HANG_UP_AFTER_MS = 100;

/** Five of ten are answered and left to the flow, two are hung up by the callee, and one each has another fate. */
export const fateOf = (number: string): Fate => fates[Math.max(0, Number(number.at(-1)) - 5)] ?? fates[1];

export interface SoakedCallee {
  readonly port: number;
  /** RTP packets that came and were sent back. */
  readonly packets: () => number;
  /** Resolves when the call to this number is over at the callee. */
  over(number: string): Promise<void>;
  close(): Promise<void>;
}

/** A callee of very many calls over real sockets. What it hears it sends back, all from one port. */
export async function soakedCallee(): Promise<SoakedCallee> {
  const audio = createSocket('udp4').bind(await testPort(), LOOPBACK);
  await once(audio, 'listening');
  let packets = 0;
  audio.on('message', (bytes, { port, address }) => {
    packets++;
    // The same audio of another source: an SSRC of its own (RFC 3550 section 5.1).
    bytes[8] = (bytes[8] ?? 0) ^ 0xff;
    audio.send(bytes, port, address);
  });
  const sdp = [
    ...['v=0', `o=- 1 1 IN IP4 ${LOOPBACK}`, 's=-', `c=IN IP4 ${LOOPBACK}`, 't=0 0'],
    ...[`m=audio ${audio.address().port} RTP/AVP 0`, 'a=rtpmap:0 PCMU/8000', ''],
  ].join('\r\n');

  const waiting = new Map<string, () => void>();
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
    const dialog = await invite.answer(sdp);
    dialog.onEnded(over);
    if (fate === 'callee hangs up') systemClock.after(HANG_UP_AFTER_MS, () => void dialog.bye());
  };
  const udp = await openUdp({ local: { address: LOOPBACK, port: await testPort() }, log: silentLogger });
  const agent = new UserAgent({
    ...{ wires: [udp], clock: systemClock, random: systemRandom, log: silentLogger, product: 'callee' },
    onInvite: (invite) => void take(invite, /^sip:([^@]+)@/.exec(invite.requestUri)?.[1] ?? ''),
  });
  return {
    port: udp.local.port,
    packets: () => packets,
    over: (number) => new Promise((resolve) => waiting.set(number, resolve)),
    close: async () => {
      await agent.close();
      const closed = once(audio, 'close');
      audio.close();
      await closed;
    },
  };
}
