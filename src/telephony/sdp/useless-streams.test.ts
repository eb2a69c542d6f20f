import { describe, expect, test } from 'vitest';
import { C, failureOf, offer, phone, sdp } from '../../../test/support/sdp-texts.ts';
import { answerOffer, readAnswer } from './negotiate.ts';

const mediaOf = (text: string): string[] => text.split('\r\n').filter((line) => line.startsWith('m='));

describe('of several audio streams of which none can be taken', () => {
  test.each([
    ['rejected', ['m=audio 0 RTP/AVP 0', 'm=audio 30002 RTP/AVP 18']],
    ['no-codec', ['m=audio 30002 RTP/AVP 18', 'm=audio 0 RTP/AVP 0']],
    ['no-protocol', ['m=video 9 RTP/AVP 96', 'm=audio 30002 UDP/TLS/RTP/SAVPF 0', 'm=audio 30004 RTP/AVP 18']],
  ])('the first says why: %s', (reason, lines) => {
    expect(failureOf(() => answerOffer(sdp(C, 't=0 0', ...lines), phone))).toBe(reason);
    expect(failureOf(() => readAnswer(offer, sdp(C, 't=0 0', ...lines)))).toBe(reason);
  });
});

describe('of one stream with several faults', () => {
  test.each([
    ['rejected', sdp('m=audio 0 RTP/SAVP 18')],
    ['no-protocol', sdp('m=audio 30002 RTP/SAVP 18')],
    ['no-address', sdp('m=audio 30002 RTP/AVP 18')],
  ])('the gravest counts: %s', (reason, text) => {
    expect(failureOf(() => answerOffer(text, phone))).toBe(reason);
  });
});

describe('the formats of a stream', () => {
  test('are looked at up to the sixty-fourth', () => {
    const unknown = (count: number) => Array.from({ length: count }, (_, nth) => 20 + nth).join(' ');
    expect(answerOffer(sdp(C, 't=0 0', `m=audio 30002 RTP/AVP ${unknown(63)} 0`), phone).agreed.codec).toBe('PCMU');
    expect(failureOf(() => answerOffer(sdp(C, 't=0 0', `m=audio 30002 RTP/AVP ${unknown(64)} 0`), phone))).toBe('no-codec');
  });

  test('of a refused stream are repeated only when they are such, and 0 stands for none', () => {
    const long = 'x'.repeat(65);
    const lines = ['m=audio 30002 RTP/AVP 0', 'm=video 9 RTP/AVP', 'm=image 9 udptl <t38>', `m=text 9 RTP/AVP ${long} 98`];
    expect(mediaOf(answerOffer(sdp(C, 't=0 0', ...lines), phone).answer).slice(1)).toEqual([
      'm=video 0 RTP/AVP 0',
      'm=image 0 udptl 0',
      'm=text 0 RTP/AVP 98',
    ]);
  });

  test('end where the seven bits of RTP end', () => {
    const lines = ['m=audio 30002 RTP/AVP 128 127', 'a=rtpmap:128 PCMU/8000', 'a=rtpmap:127 PCMA/8000'];
    expect(answerOffer(sdp(C, 't=0 0', ...lines), phone).agreed).toMatchObject({ codec: 'PCMA', payloadType: 127 });
  });
});

describe('the address of a stream', () => {
  test('is that of the stream, even when it is none', () => {
    const own = sdp(C, 't=0 0', 'm=audio 30002 RTP/AVP 0', 'c=IN IP4 phone.example');
    expect(failureOf(() => answerOffer(own, phone))).toBe('no-address');
  });

  test('is written in one way, so that its packets are known by it', () => {
    const text = sdp('c=IN IP6 2001:DB8:0:0::0007', 't=0 0', 'm=audio 30002 RTP/AVP 0');
    expect(answerOffer(text, { ...phone, address: '2001:db8::1' }).agreed.remote.address).toBe('2001:db8::7');
  });
});

describe('the time of an offer', () => {
  test.each([
    ['t=12345678901234567890 0', 't=0 0'],
    ['t=x y', 't=0 0'],
    ['t=3034423619 3042462419', 't=3034423619 3042462419'],
  ])('%s is repeated as %s', (theirs, ours) => {
    expect(answerOffer(sdp(C, theirs, 'm=audio 30002 RTP/AVP 0'), phone).answer).toContain(`\r\n${ours}\r\n`);
  });
});
