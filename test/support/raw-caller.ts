import { newRtpHeader, readRtpHeader } from '../../src/telephony/rtp/packet.ts';
import type { SipRequest, SipResponse } from '../../src/telephony/sip/message.ts';
import { callerId, type callWorld } from './call-world.ts';
import { RawPeer } from './raw-peer.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };

export interface InviteOptions {
  /** User part of the Request-URI, and of To unless that is given. */
  readonly dialled?: string;
  readonly to?: string;
  readonly from?: string;
  /** Tells calls of the same caller apart. */
  readonly callId?: string;
  /** Undefined: the callee is asked for its offer. */
  readonly sdp?: string | undefined;
  readonly lines?: readonly string[];
  /** Of Max-Forwards; undefined: there is none. */
  readonly maxForwards?: string | undefined;
}

/** A description of a caller at `address`. */
export function offerAt(address: string, port = 30_000, { protocol = 'RTP/AVP', lines = [] as readonly string[] } = {}): string {
  const head = ['v=0', `o=- 9 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} ${protocol} 0 101`];
  return [...head, 'a=rtpmap:101 telephone-event/8000', ...lines, ''].join('\r\n');
}

/** Somebody who calls the server of a world, and of whom a test says every word. It listens for RTP on port 30000. */
export function rawCaller(world: ReturnType<typeof callWorld>, address = '10.0.0.2', { port = 5060, server = SERVER } = {}) {
  const wire = world.network.wire('udp', { address, port });
  const peer = new RawPeer(wire);
  let packets = 0;
  const socket = world.network.datagramSocket({ address, port: 30_000 });
  const header = newRtpHeader();
  socket.onReceive((bytes) => {
    if (readRtpHeader(bytes, header)) packets += 1;
  });
  peer.onMessage = (message, from) => {
    if (message.kind === 'request' && message.method !== 'ACK') peer.reply(message, 200, from);
  };
  let options: InviteOptions = {};
  let branch = 0;
  let toTag = '';

  const send = (
    method: string,
    cSeq: number,
    more: { branch?: string; lines?: readonly string[]; sdp?: string | undefined } = {},
  ): void => {
    const { dialled = callerId, to = dialled, callId = 'call', from = '+18145550001' } = options;
    const lines = [
      `${method} sip:${dialled}@10.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK${more.branch ?? `r${++branch}`};rport`,
      ...('maxForwards' in options && options.maxForwards === undefined ? [] : [`Max-Forwards: ${options.maxForwards ?? '70'}`]),
      `From: <sip:${from}@${address}>;tag=caller`,
      `To: <sip:${to}@10.0.0.1>${toTag}`,
      `Call-ID: ${callId}@${address}`,
      `CSeq: ${cSeq} ${method}`,
      `Contact: <sip:caller@${address}:${port}>`,
      ...(more.lines ?? []),
      ...(more.sdp === undefined ? [] : ['Content-Type: application/sdp']),
    ];
    peer.send(`${lines.join('\n')}\n\n${more.sdp ?? ''}`, server);
  };
  const responses = (): SipResponse[] => peer.received.filter((message) => message.kind === 'response');
  const takeTag = (): void => {
    const tagged = responses().findLast(({ headers }) => headers.first('To')?.includes('tag='));
    toTag = /;tag=\w+/.exec(tagged?.headers.first('To') ?? '')?.[0] ?? '';
  };
  return {
    peer,
    /** RTP packets that came. */
    heard: () => packets,
    /** The statuses of all responses, in order. */
    statuses: () => responses().map(({ status }) => status),
    sdp: () => Buffer.from(responses().findLast(({ body }) => body.length > 0)?.body ?? []).toString(),
    response: (status: number) => responses().find((response) => response.status === status),
    requests: (method: string) =>
      peer.received.filter((message): message is SipRequest => message.kind === 'request' && message.method === method),
    /** Sends an INVITE; each time the same, so that a second one is a repetition. */
    async invite(more: InviteOptions = {}): Promise<void> {
      options = { sdp: offerAt(address), ...more };
      toTag = '';
      send('INVITE', 1, { branch: `invite${options.callId ?? ''}`, ...(options.lines && { lines: options.lines }), sdp: options.sdp });
      await world.clock.advance(5);
    },
    async cancel(): Promise<void> {
      send('CANCEL', 1, { branch: `invite${options.callId ?? ''}` });
      await world.clock.advance(5);
    },
    /** Acknowledges the 2xx (another final response when `refused`). */
    async ack({ sdp, refused = false }: { sdp?: string; refused?: boolean } = {}): Promise<void> {
      takeTag();
      send('ACK', 1, { ...(refused && { branch: `invite${options.callId ?? ''}` }), sdp });
      await world.clock.advance(5);
    },
    async request(method: string, cSeq: number, lines: readonly string[] = []): Promise<void> {
      takeTag();
      send(method, cSeq, { lines });
      await world.clock.advance(5);
    },
    async close(): Promise<void> {
      socket.close();
      await wire.close();
    },
  };
}
