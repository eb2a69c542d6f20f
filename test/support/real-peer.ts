import { silentLogger } from '../../src/kernel/log.ts';
import { makeChallenge, verifyAuthorization } from '../../src/telephony/sip/digest.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { RawPeer } from './raw-peer.ts';

/** A SIP peer on a real socket, of which a test says every word; without an `answer` it is silent. */
export async function realPeer(answer: (peer: RawPeer, request: SipRequest, from: { address: string; port: number }) => void = () => {}) {
  const wire = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
  const peer = new RawPeer(wire);
  peer.onMessage = (message, from) => {
    if (message.kind === 'request') answer(peer, message, from);
  };
  const requests = (method: string): SipRequest[] =>
    peer.received.filter((message): message is SipRequest => message.kind === 'request' && message.method === method);
  return { port: wire.local.port, requests, close: () => wire.close() };
}

/** A registrar that lets in who knows the password, for a minute. */
export function realRegistrar(userName: string, password: string) {
  const challenge = { realm: 'carrier', nonce: 'n1', algorithm: 'MD5' as const, qop: 'auth' as const, stale: false };
  return realPeer((peer, request, from) => {
    const { headers, method, uri } = request;
    if (method !== 'REGISTER') return;
    const authorization = headers.first('Authorization');
    const isIn =
      authorization !== undefined && verifyAuthorization({ authorization, method, uri, userName, password, challenge }) === 'valid';
    if (isIn) peer.reply(request, 200, from, { tag: 'r', headers: [['Contact', `${headers.first('Contact')};expires=60`]] });
    else peer.reply(request, 401, from, { tag: 'r', headers: [['WWW-Authenticate', makeChallenge(challenge)]] });
  });
}
