import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { systemRandom } from '../../src/kernel/random.ts';
import { SrtpProtect } from '../../src/telephony/rtp/srtp-protect.ts';
import { SrtpUnprotect } from '../../src/telephony/rtp/srtp-unprotect.ts';
import { testPort } from './test-port.ts';

const SUITE = 'AES_CM_128_HMAC_SHA1_80';
const CRYPTO = new RegExp(`^a=crypto:(\\d+) ${SUITE} inline:([A-Za-z0-9+/=]+)`, 'm');

/** The keys of one call. */
interface Keys {
  readonly theirs: SrtpUnprotect;
  readonly ours: SrtpProtect;
}

export interface SoakedAudio {
  readonly offer: string;
  /** The answer to an offer, encrypted when that is. */
  answer(offer: string): string;
  readonly packets: () => { readonly all: number; readonly encrypted: number };
  close(): Promise<void>;
}

/** The audio of very many calls at one port, each with one in G.711 elsewhere: what it hears it sends back. */
export async function soakedAudio(address: string): Promise<SoakedAudio> {
  const socket = createSocket('udp4').bind(await testPort(), address);
  await once(socket, 'listening');
  /** By the port of the other side. The next call there brings keys of its own, or none. */
  const keys = new Map<number, Keys>();
  let all = 0;
  let encrypted = 0;
  socket.on('message', (bytes, from) => {
    const known = keys.get(from.port);
    const clear = known ? known.theirs.unprotect(bytes) : bytes;
    if (!clear) return;
    all++;
    if (known) encrypted++;
    // The same audio of another source: an SSRC of its own (RFC 3550 section 5.1).
    const echo = Buffer.from(clear);
    echo[8] = (echo[8] ?? 0) ^ 0xff;
    const sent = known ? known.ours.protect(echo) : echo;
    if (sent) socket.send(sent, from.port, from.address);
  });
  const description = (protocol: string, lines: readonly string[] = []): string =>
    [
      ...['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'],
      ...[`m=audio ${socket.address().port} ${protocol} 0`, 'a=rtpmap:0 PCMU/8000', ...lines, ''],
    ].join('\r\n');
  return {
    offer: description('RTP/AVP'),
    answer: (offer) => {
      const port = Number(/^m=audio (\d+) /m.exec(offer)?.[1]);
      const [, tag, theirs] = CRYPTO.exec(offer) ?? [];
      keys.delete(port);
      if (theirs === undefined) return description('RTP/AVP');
      const ours = systemRandom.bytes(30);
      const of = (keyAndSalt: Uint8Array) => ({ suite: SUITE, keyAndSalt }) as const;
      keys.set(port, { theirs: new SrtpUnprotect(of(Buffer.from(theirs, 'base64'))), ours: new SrtpProtect(of(ours)) });
      return description('RTP/SAVP', [`a=crypto:${tag} ${SUITE} inline:${Buffer.from(ours).toString('base64')}`]);
    },
    packets: () => ({ all, encrypted }),
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
