/**
 * Run by `far-ends.ts` in a process of its own, so that its work is not counted: pairs of far ends that send a packet of 20 ms to the ports that
 * they are told, in clear or as SRTP, and count what comes back as it should.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { RTP_HEADER_BYTES, writeRtpHeader } from '../../src/telephony/rtp/packet.ts';
import { SrtpProtect } from '../../src/telephony/rtp/srtp-protect.ts';
import { SrtpUnprotect } from '../../src/telephony/rtp/srtp-unprotect.ts';
import { type EncryptedLegs, farEndKeys, isEncrypted } from './far-end-keys.ts';
import type { FarEnds } from './far-ends.ts';

const FRAME_MS = 20;
/** Codes of mu-law: low enough to be taken for noise, as loud as speech, and nothing. */
const [LOW, LOUD, SILENT] = [0x55, 0xa0, 0xff];

interface Peer {
  readonly socket: Socket;
  readonly packet: Uint8Array;
  sequence: number;
  to: number;
  srtp: { readonly protect: SrtpProtect; readonly unprotect: SrtpUnprotect } | undefined;
}

const peers: Peer[] = [];
let received = 0;
let speaks = false;

process.on('message', (message: { open: FarEnds } | { to: number[]; encryptedLegs: EncryptedLegs } | 'count') => {
  if (message === 'count') process.send?.({ received });
  else if ('open' in message) void open(message.open);
  else start(message.to, message.encryptedLegs);
});

async function open({ count, speaking }: FarEnds): Promise<void> {
  for (let index = 0; index < count; index++) {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const peer: Peer = {
      socket,
      packet: new Uint8Array(RTP_HEADER_BYTES + 160).fill(speaking === undefined ? LOW : index < speaking ? LOUD : SILENT),
      sequence: 0,
      to: 0,
      srtp: undefined,
    };
    socket.on('message', (bytes) => {
      const packet = peer.srtp ? peer.srtp.unprotect.unprotect(bytes) : bytes;
      if (packet?.length === RTP_HEADER_BYTES + 160) received++;
    });
    peers.push(peer);
  }
  process.send?.({ ports: peers.map(({ socket }) => socket.address().port) });
}

function start(to: readonly number[], encryptedLegs: EncryptedLegs): void {
  peers.forEach((peer, index) => {
    const { sends, isSent } = farEndKeys(index);
    peer.to = to[index] ?? 0;
    peer.srtp = isEncrypted(index, encryptedLegs) ? { protect: new SrtpProtect(sends), unprotect: new SrtpUnprotect(isSent) } : undefined;
  });
  if (speaks) return;
  speaks = true;
  let dueMs = performance.now();
  const tick = (): void => {
    for (const peer of peers) {
      writeRtpHeader(peer.packet, false, 0, peer.sequence & 0xffff, peer.sequence * 160, 1);
      peer.sequence++;
      const packet = peer.srtp ? peer.srtp.protect.protect(peer.packet) : peer.packet;
      // The socket may send later, and the bytes of SRTP are used again for the next packet.
      if (packet) peer.socket.send(peer.srtp ? Uint8Array.from(packet) : packet, peer.to, '127.0.0.1');
    }
    dueMs += FRAME_MS;
    setTimeout(tick, Math.max(0, dueMs - performance.now()));
  };
  tick();
}
