import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fedAgent } from '../support/fed-agent.ts';
import { ANSWER, CALLEE, CALLER, CallLog, OFFER, request } from '../support/sip-agents.ts';

/** A user agent that the test feeds by hand, with a call of ours under way. */
function fed() {
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
function seeds(invite: string): readonly string[] {
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

/** One change to a text: a piece cut out, doubled, or replaced by something nasty. */
const mutation = fc.record({
  at: fc.nat(1_500),
  length: fc.nat(40),
  by: fc.constantFrom(
    '',
    '\r\n',
    '\0',
    ';',
    ',',
    '<',
    '>',
    '"',
    ':',
    '@',
    '%',
    '\t',
    '[::1]',
    '4294967296',
    '-1',
    'é',
    ';tag=',
    ';lr',
    'sip:',
    '*',
    ' '.repeat(300),
    // More than a head may have, and than a message.
    `X: ${'x'.repeat(9_000)}\r\n`,
    'x'.repeat(33_000),
  ),
  repeat: fc.integer({ min: 1, max: 3 }),
});

describe('the user agent takes anything from the network', () => {
  it('random bytes: no answer that was not earned, no error, nothing left', async () => {
    const { feed, errors, sent, agent, clock } = fed();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => feed(bytes)),
      { seed: 7, numRuns: 300 },
    );
    expect(errors).toEqual([]);
    expect(sent).toHaveLength(1);
    await clock.advance(100_000);
    expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
  });

  it('every example message of others: answered or dropped, no error, nothing left', async () => {
    const load: unknown = createRequire(import.meta.url)('sip-message-examples');
    const names = ['invite', 'invite-tls', 'invite-compact', 'siprec', 'siprec2', 'siprec3'];
    const texts = names
      .map((name): unknown => (typeof load === 'function' ? load(name) : undefined))
      .filter((text) => typeof text === 'string');
    expect(texts).toHaveLength(names.length);
    const { feed, errors, agent, clock } = fed();
    for (const text of texts) feed(Buffer.from(text));
    await clock.advance(200_000);
    expect(errors).toEqual([]);
    expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
  });

  it('mutated messages in the middle of calls: no error, nothing left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(17), fc.array(mutation, { maxLength: 3 })), { minLength: 1, maxLength: 8 }),
        async (plan) => {
          const { feed, errors, agent, clock, text, invite } = fed();
          const all = seeds(text());
          for (const [which, mutations] of plan) {
            let message = all[which % all.length] ?? '';
            for (const { at, length, by, repeat } of mutations) {
              const start = at % (message.length + 1);
              message = message.slice(0, start) + by.repeat(repeat) + message.slice(start + length);
            }
            feed(Buffer.from(message));
            await clock.advance(10);
          }
          invite.cancel();
          await clock.advance(300_000);
          expect(errors).toEqual([]);
          expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
        },
      ),
      { seed: 11, numRuns: 150 },
    );
  });

  it.each([
    ['505 for another version', 'OPTIONS sip:us@h SIP/3.0', '1 OPTIONS', '505'],
    ['400 for a CSeq of another method', 'OPTIONS sip:us@h SIP/2.0', '1 INFO', '400'],
    ['400 for a CSeq that is no number', 'OPTIONS sip:us@h SIP/2.0', 'x OPTIONS', '400'],
    ['416 for a scheme that we do not know', 'OPTIONS nobody:us SIP/2.0', '1 OPTIONS', '416'],
  ])('malformed but answerable: %s', async (_what, line, cSeq, status) => {
    const { feed, sent, clock, agent } = fed();
    feed(
      Buffer.from(
        `${line}\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nFrom: <sip:b@h>;tag=1\r\nTo: <sip:us@h>\r\nCall-ID: c\r\nCSeq: ${cSeq}\r\n\r\n`,
      ),
    );
    await clock.advance(1);
    expect(Buffer.from(sent[1] ?? []).toString()).toMatch(new RegExp(`^SIP/2.0 ${status} `));
    await agent.close();
  });

  it('a response or ACK that cannot be read is never answered', async () => {
    const { feed, sent, agent } = fed();
    for (const line of ['SIP/2.0 200 OK', 'ACK sip:us@h SIP/2.0']) {
      feed(Buffer.from(`${line}\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nFrom: x\r\nTo: x\r\nCall-ID: c\r\nCSeq: zero\r\n\r\n`));
    }
    expect(sent).toHaveLength(1);
    await agent.close();
  });
});
