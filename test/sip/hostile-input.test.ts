import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callUnderWay, fittingMessages } from '../support/call-under-way.ts';

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
    const { feed, errors, sent, agent, clock } = callUnderWay();
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
    const { feed, errors, agent, clock } = callUnderWay();
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
          const { feed, errors, agent, clock, text, invite } = callUnderWay();
          const all = fittingMessages(text());
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
    const { feed, sent, clock, agent } = callUnderWay();
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
    const { feed, sent, agent } = callUnderWay();
    for (const line of ['SIP/2.0 200 OK', 'ACK sip:us@h SIP/2.0']) {
      feed(Buffer.from(`${line}\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\r\nFrom: x\r\nTo: x\r\nCall-ID: c\r\nCSeq: zero\r\n\r\n`));
    }
    expect(sent).toHaveLength(1);
    await agent.close();
  });
});
