import { fedAgent } from './fed-agent.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request } from './sip-agents.ts';

/** A user agent that the test feeds by hand, with a call of ours under way. */
export function callUnderWay() {
  const made = fedAgent(CALLER, CALLEE, (invite, clock) => {
    invite.ring();
    void invite.answer(ANSWER).then((dialog) => clock.after(1_000, () => void dialog.bye()));
  });
  const call = new CallLog();
  call.onAnswered = (dialog) => made.clock.after(1_000, () => void dialog.bye());
  const invite = made.agent.invite(request(), call);
  return { ...made, call, invite, text: () => Buffer.from(made.sent[0] ?? []).toString() };
}

const header = (text: string, name: string): string => new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1] ?? '';

/** Messages that reach deep into the user agent, made to fit the INVITE it has sent. */
export function fittingMessages(invite: string): readonly string[] {
  const response = (status: number, tag: string, more = ''): string =>
    `SIP/2.0 ${status} X\r\nVia: ${header(invite, 'Via')}\r\nFrom: ${header(invite, 'From')}\r\nTo: ${header(invite, 'To')};tag=${tag}\r\nCall-ID: ${header(invite, 'Call-ID')}\r\nCSeq: 1 INVITE\r\nContact: <sip:b@10.0.0.2:5060;transport=udp>\r\nRecord-Route: <sip:10.0.0.3;lr>, <sip:10.0.0.4>\r\n${more}Content-Type: application/sdp\r\nContent-Length: ${ANSWER.length}\r\n\r\n${ANSWER}`;
  const incoming = (method: string, to: string, from: string, callId: string): string =>
    `${method} sip:us@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK${method};rport, SIP/2.0/UDP 1.2.3.4\r\nFrom: ${from}\r\nTo: ${to}\r\nCall-ID: ${callId}\r\nCSeq: 2 ${method}\r\nMax-Forwards: 70\r\nContact: "B" <sip:b@10.0.0.2>\r\nRecord-Route: <sip:10.0.0.3;lr>\r\nReason: Q.850;cause=16\r\nContent-Type: application/sdp\r\nContent-Length: ${OFFER.length}\r\n\r\n${OFFER}`;
  const own = [`${header(invite, 'From')}`, `${header(invite, 'To')};tag=a`, header(invite, 'Call-ID')] as const;
  return [
    response(180, 'a'),
    response(200, 'a'),
    response(200, 'b'),
    response(486, 'a'),
    response(407, 'a', 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth,auth-int", algorithm=MD5\r\n'),
    ...['INVITE', 'UPDATE', 'INFO', 'BYE', 'OPTIONS'].map((method) => incoming(method, ...own)),
    incoming('PRACK', ...own).replace('Reason: Q.850;cause=16', 'RAck: 1 1 INVITE'),
    incoming('REFER', ...own).replace('Reason: Q.850;cause=16', 'Refer-To: <sip:c@h?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>'),
    incoming('INFO', ...own).replace(/application\/sdp[\s\S]*/, 'application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n'),
    ...['INVITE', 'CANCEL', 'ACK', 'BYE', 'OPTIONS', 'NOTIFY'].map((method) => incoming(method, '<sip:us@h>', '<sip:b@h>;tag=c', 'new')),
  ];
}
