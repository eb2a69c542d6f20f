import { isIP } from 'node:net';
import fc from 'fast-check';
import { parse } from 'sdp-transform';
import { describe, expect, test } from 'vitest';
import { C, failureOf, offer, phone, sdp } from '../../../test/support/sdp-texts.ts';
import { type AudioCodec, audioCodecs } from '../media/media-port.ts';
import { answerOffer, type LocalMedia, readAnswer, writeOffer } from './negotiate.ts';

const codecLists = fc.shuffledSubarray<AudioCodec>([...audioCodecs], { minLength: 1 });
const fours = fc.ipV4().filter((address) => address !== '0.0.0.0');
const sixes = fc.constantFrom('2001:db8::1', '::1');
const addresses = fc.oneof(
  fc.record({ address: fc.oneof(fours, sixes) }),
  fc.record({ address: fours, otherAddress: sixes }),
  fc.record({ address: sixes, otherAddress: fours }),
);
const ports = fc.record({
  port: fc.integer({ min: 1, max: 65535 }),
  sessionId: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String),
  version: fc.nat(),
  codecs: codecLists,
});
const locals = fc.tuple(addresses, ports).map(([places, rest]): LocalMedia => ({ ...places, ...rest }));
const offers = fc
  .record({ local: locals, telephoneEvent: fc.integer({ min: 96, max: 127 }) })
  .map(({ local, telephoneEvent }) => ({ ...local, telephoneEvent }));

describe('both sides', () => {
  test('agree on the same codec and payload types, each with the address of the other', () => {
    fc.assert(
      fc.property(offers, locals, (caller, callee) => {
        const own = [callee.address, callee.otherAddress].find((address) => address && isIP(address) === isIP(caller.address));
        if (own === undefined) {
          expect(failureOf(() => answerOffer(writeOffer(caller), callee))).toBe('no-address');
          return;
        }
        const common = caller.codecs.find((codec) => callee.codecs.includes(codec));
        if (common === undefined) {
          expect(failureOf(() => answerOffer(writeOffer(caller), callee))).toBe('no-codec');
          return;
        }
        const { answer, agreed } = answerOffer(writeOffer(caller), callee);
        expect(agreed).toMatchObject({ codec: common, remote: { address: caller.address, port: caller.port } });
        const there = { address: own, port: callee.port };
        expect(readAnswer(caller, answer)).toEqual({ ...agreed, remote: there, rtcp: there });
        expect(String(parse(answer).origin?.sessionId)).toBe(callee.sessionId);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  test('meet any change to the text with an agreement or an SdpError', () => {
    const base = sdp(
      C,
      't=0 0',
      'a=sendrecv',
      'm=audio 30002 RTP/AVP 0 8 101',
      'a=rtpmap:101 telephone-event/8000',
      'm=video 4 RTP/AVP 96',
      'a=inactive',
    );
    const edits = fc.array(
      fc.record({
        at: fc.nat(base.length),
        cut: fc.nat(12),
        put: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('\r\n', 'm=audio 1 RTP/AVP 0', '/', ':', '0', '=', 'a=rtpmap:')),
      }),
      { minLength: 1, maxLength: 6 },
    );
    let agreements = 0;
    fc.assert(
      fc.property(edits, (changes) => {
        let text = base;
        for (const { at, cut, put } of changes) text = text.slice(0, at) + put + text.slice(at + cut);
        const result = failureOf(() => {
          const { answer, agreed } = answerOffer(text, phone);
          expect(readAnswer(offer, answer).codec).toBe(agreed.codec);
          expect(answer).not.toMatch(/[^\r]\n|\r[^\n]/);
        });
        if (result === 'agreed') agreements++;
      }),
      { seed: 2, numRuns: 5000 },
    );
    expect(agreements).toBeGreaterThan(500);
  });

  test('are done with the worst text within the limits in no time', () => {
    const line = `a=rtpmap:1 ${' '.repeat(500)}/${' '.repeat(480)}x`;
    const start = performance.now();
    expect(failureOf(() => readAnswer(offer, sdp(C, 'm=audio 1 RTP/AVP 1', ...Array.from({ length: 15 }, () => line))))).toBe('no-codec');
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
