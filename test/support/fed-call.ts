import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { fedServer, phoneRequest } from './fed-server.ts';
import { OFFER } from './sip-agents.ts';

const CONTACT = 'Contact: <sip:alice@10.0.0.2:5060>';
const TYPE = 'Content-Type: application/sdp';
/** How a session description gets into a call: it asks for a change in either way, or answers our offer. */
const waysIn = ['INVITE', 'UPDATE', 'answer'] as const;

/** A server in a call, which the test as its peer changes again and again; when it has ended the call, another one begins. */
export async function fedCall() {
  const { clock, counts, send, sendAsItIs, acknowledge, via, listen, end } = await fedServer();
  /** The To of the call; undefined: there is none. */
  let to: string | undefined;
  let callId = '';
  let cSeq = 1;
  let inputs = 0;
  /** What the next answer is acknowledged with. */
  let body = '';

  listen(
    (response: SipResponse, method: string): void => {
      const { status, headers } = response;
      if (method !== 'INVITE' || status < 200) return;
      acknowledge(response, status < 300 ? body : '');
      body = '';
      if (status >= 300 || to !== undefined) return;
      to = headers.first('To');
      callId = headers.first('Call-ID') ?? '';
    },
    () => {
      to = undefined;
    },
  );
  const begin = async (): Promise<void> => {
    cSeq = 1;
    send(phoneRequest('INVITE', [CONTACT, TYPE], OFFER));
    await clock.advance(5);
  };
  const change = (method: string, lines: readonly string[], sdp = ''): void => {
    const head = [
      ...[`${method} sip:us@10.0.0.1 SIP/2.0`, via(), 'Max-Forwards: 70', 'From: <sip:alice@10.0.0.1>;tag=phone'],
      ...[`To: ${to}`, `Call-ID: ${callId}`, `CSeq: ${++cSeq} ${method}`, CONTACT, ...lines],
    ];
    sendAsItIs(Buffer.from(`${head.join('\r\n')}\r\n\r\n${sdp}`, 'latin1'));
  };
  await begin();
  return {
    counts,
    describe: (bytes: Uint8Array): void => {
      const sdp = Buffer.from(bytes).toString('latin1');
      const way = waysIn[inputs++ % waysIn.length];
      if (way === 'answer') {
        body = sdp;
        change('INVITE', []);
      } else change(way ?? 'INVITE', [TYPE], sdp);
    },
    pass: async (): Promise<void> => {
      await clock.advance(5);
      if (to === undefined) await begin();
    },
    end: async (): Promise<void> => {
      if (to !== undefined) change('BYE', []);
      await end();
    },
  };
}
