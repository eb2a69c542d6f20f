import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { answerChallenge, chooseChallenge } from '../../src/telephony/sip/digest.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { offerAt } from './raw-caller.ts';
import { RawPeer } from './raw-peer.ts';

interface Asked {
  /** User part of Request-URI and To; of a REGISTER whose phone it is. */
  readonly user: string;
  /** Answers the challenge as this user. Absent: it is not answered. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

/** Somebody at an address of this machine who sends requests to a server. */
export interface AskingAddress {
  /** The statuses of the final responses, of which there are two when it answers a challenge. */
  ask(method: 'INVITE' | 'REGISTER', asked: Asked): Promise<number[]>;
  close(): Promise<void>;
}

let calls = 0;

/** Opens a UDP port at `address`. */
export async function askingAddress(address: string, server: Endpoint): Promise<AskingAddress> {
  const wire = await openUdp({ local: { address, port: 0 }, log: silentLogger });
  const { port } = wire.local;
  const peer = new RawPeer(wire);
  let answered: (response: SipResponse) => void = () => {};
  peer.onMessage = (message, from) => {
    if (message.kind === 'request') peer.reply(message, 200, from);
    else if (message.status >= 200) answered(message);
  };
  const send = (method: string, user: string, callId: string, cSeq: number, lines: readonly string[]): Promise<SipResponse> => {
    const branch = `z9hG4bK${callId}${cSeq}`;
    const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : `sip:${user}@127.0.0.1`;
    const text = (of: string, toTag: string, more: readonly string[], sdp = ''): string =>
      `${[
        `${of} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${address}:${port};branch=${branch};rport`,
        'Max-Forwards: 70',
        `From: <sip:${user}@${address}>;tag=asking`,
        `To: <sip:${user}@127.0.0.1>${toTag}`,
        `Call-ID: ${callId}`,
        `CSeq: ${cSeq} ${of}`,
        ...more,
      ].join('\n')}\n\n${sdp}`;
    const contact = `Contact: <sip:${user}@${address}:${port}>`;
    const isInvite = method === 'INVITE';
    const type = isInvite ? ['Content-Type: application/sdp'] : [];
    return new Promise((resolve) => {
      answered = (response) => {
        if (response.headers.first('Call-ID') !== callId || !response.headers.first('CSeq')?.startsWith(`${cSeq} `)) return;
        const toTag = /;tag=[^;]+/.exec(response.headers.first('To') ?? '')?.[0] ?? '';
        if (isInvite) peer.send(text('ACK', toTag, []), server);
        resolve(response);
      };
      peer.send(text(method, '', [contact, ...lines, ...type], isInvite ? offerAt(address) : ''), server);
    });
  };
  return {
    ask: async (method, { user, credentials }) => {
      const callId = `asking-${++calls}`;
      const first = await send(method, user, callId, 1, []);
      if (!credentials) return [first.status];
      const header = method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization';
      const challenge = chooseChallenge(first.headers.all(method === 'REGISTER' ? 'WWW-Authenticate' : 'Proxy-Authenticate')) ?? '';
      const { user: userName, password } = credentials;
      const uri = method === 'REGISTER' ? 'sip:127.0.0.1' : `sip:${user}@127.0.0.1`;
      const answer = answerChallenge({ challenge, method, uri, userName, password, random: systemRandom, nonceCount: 1 });
      const second = await send(method, user, callId, 2, [`${header}: ${answer}`]);
      return [first.status, second.status];
    },
    close: () => wire.close(),
  };
}
