import { Socket } from 'node:dgram';
import { newRtpHeader, readRtpHeader } from '../src/telephony/rtp/packet.ts';
import type { RtpSocket } from '../src/telephony/rtp/rtp-socket.ts';

/** Of one peer. */
const MOST_OF_START_LINE = 8;
const MOST_OF_PAYLOAD_TYPE = 3;
const MOST_RTCP = 8;

interface Names {
  /** Whose SIP it is that comes, and whose RTP and RTCP. */
  readonly sip: string;
  readonly media: string;
}

/** Datagrams that came from peers, as they came: some of each kind. */
export class CapturedDatagrams {
  readonly #lines = new Map<string, string[]>();
  readonly #counts = new Map<string, number>();
  #names: Names | undefined;

  /** What comes from now on is of these peers. */
  begin(names: Names): void {
    this.#names = names;
  }

  /** Keeps what comes to a socket, if it is one; what takes others away that listen to it is not told. */
  watch(socket: unknown): void {
    if (socket instanceof Socket) socket.on('message', (bytes: Buffer) => this.#take(bytes));
  }

  /** The same of a socket of RTP or RTCP: as it came, before it is decrypted in its place. */
  watched(socket: RtpSocket): RtpSocket {
    const onReceive = socket.onReceive.bind(socket);
    socket.onReceive = (handler) =>
      onReceive((bytes, from) => {
        this.#take(Buffer.from(bytes));
        handler(bytes, from);
      });
    return socket;
  }

  /** Name and lines of each file: what a datagram is, and its bytes in base64. */
  files(): [name: string, lines: string][] {
    return [...this.#lines].map(([name, lines]) => [name, `${lines.join('\n')}\n`]);
  }

  #take(bytes: Buffer): void {
    if (!this.#names) return;
    const first = bytes[0] ?? 0;
    const isSip = first >= 0x41 && first <= 0x5a;
    if (isSip) this.#keep(this.#names.sip, 'sip', startOf(bytes), MOST_OF_START_LINE, bytes);
    else if (first >>> 6 === 2) this.#takeMedia(this.#names.media, bytes);
  }

  #takeMedia(name: string, bytes: Buffer): void {
    const type = bytes[1] ?? 0;
    if (type >= 192 && type <= 223) {
      this.#keep(name, 'rtcp', 'rtcp', MOST_RTCP, bytes);
      return;
    }
    const header = newRtpHeader();
    if (readRtpHeader(bytes, header)) this.#keep(name, 'rtp', `rtp ${header.payloadType}`, MOST_OF_PAYLOAD_TYPE, bytes);
  }

  #keep(name: string, kind: string, counted: string, most: number, bytes: Buffer): void {
    const key = `${name} ${counted}`;
    const count = this.#counts.get(key) ?? 0;
    if (count >= most) return;
    this.#counts.set(key, count + 1);
    const lines = this.#lines.get(name) ?? [];
    this.#lines.set(name, lines);
    lines.push(`${kind} ${bytes.toString('base64')}`);
  }
}

/** The method of a request, the status of a response. */
function startOf(bytes: Buffer): string {
  const [first = '', second = ''] = bytes.toString('latin1', 0, 100).split(' ');
  return first === 'SIP/2.0' ? second : first;
}
