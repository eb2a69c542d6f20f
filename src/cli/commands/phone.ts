import { systemClock as clock } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/log.ts';
import { systemRandom } from '../../kernel/random.ts';
import { LocalMedia } from '../../telephony/media/local-media.ts';
import { type AudioCodec, audioCodecs } from '../../telephony/media/media-port.ts';
import { openDgramSocket } from '../../telephony/rtp/dgram-socket.ts';
import { openTcp } from '../../wire/tcp.ts';
import { openUdp } from '../../wire/udp.ts';
import type { Wire } from '../../wire/wire.ts';
import { freePort } from '../free-port.ts';
import type { TimedPhoneEvent } from '../phone/phone-event.ts';
import { TestPhone } from '../phone/test-phone.ts';

export interface PhoneOptions {
  readonly host: string;
  readonly port: number;
  readonly answerAfter: number;
  readonly ring?: boolean;
  readonly reject?: number;
  readonly digits?: string;
  readonly digitsAfter: number;
  readonly codecs?: readonly string[];
  readonly record?: string;
  readonly hangUpAfter?: number;
  readonly user?: string;
  readonly password?: string;
  readonly calls?: number;
}

const RTP_PORTS = { first: 30_000, last: 39_999 };
const MOST_CALLS = 100;

/** Runs the test phone until `signal` is aborted or it has seen `calls` calls to their end. Answers the exit status. */
export async function phone(options: PhoneOptions, print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const { host, reject, digits, record, hangUpAfter, user, password } = options;
  const codecs = options.codecs?.map(codecNamed);
  if (digits !== undefined && !/^[0-9*#A-Dw]+$/.test(digits)) throw new Error('--digits takes 0 to 9, *, #, A to D, and w for a pause.');
  if (reject !== undefined && (reject < 400 || reject > 699)) throw new Error('--reject takes a SIP status from 400 to 699.');
  const wires = await openWires(host, options.port);
  const finished = new AbortController();
  let over = 0;
  const tell = (event: TimedPhoneEvent): void => {
    print(JSON.stringify(event));
    if (event.event === 'over') {
      over += 1;
      if (over === options.calls) finished.abort();
    }
  };
  const testPhone = new TestPhone({
    wires,
    media: new LocalMedia({ clock, random: systemRandom, host, portRange: RTP_PORTS, openSocket: openDgramSocket, maxStreams: MOST_CALLS }),
    clock,
    random: systemRandom,
    behaviour: {
      answerAfterMs: options.answerAfter,
      ring: options.ring ?? false,
      digitsAfterMs: options.digitsAfter,
      ...(reject !== undefined && { reject }),
      ...(digits !== undefined && { digits }),
      ...(codecs && { codecs }),
      ...(record !== undefined && { record }),
      ...(hangUpAfter !== undefined && { hangUpAfterMs: hangUpAfter }),
      ...(user !== undefined && { credentials: { userName: user, password: password ?? '' } }),
    },
    onEvent: tell,
  });
  tell({ event: 'listening', atMs: clock.now(), host, port: wires[0].local.port });
  await aborted(AbortSignal.any([signal, finished.signal]));
  await testPhone.close();
  return 0;
}

function codecNamed(name: string): AudioCodec {
  const codec = audioCodecs.find((known) => known.toLowerCase() === name.toLowerCase());
  if (!codec) throw new Error(`--codecs takes ${audioCodecs.join(', ')}.`);
  return codec;
}

/** UDP and TCP on the same port. */
async function openWires(host: string, wantedPort: number): Promise<[Wire, Wire]> {
  const port = wantedPort === 0 ? await freePort() : wantedPort;
  const local = { address: host, port };
  const udp = await openUdp({ local, log: silentLogger });
  try {
    return [udp, await openTcp({ local, clock, log: silentLogger })];
  } catch (error) {
    await udp.close();
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
