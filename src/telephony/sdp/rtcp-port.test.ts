import { describe, expect, test } from 'vitest';
import { answerOffer, type LocalMedia, type Offer, readAnswer, writeOffer } from './negotiate.ts';

const local: LocalMedia = { address: '192.0.2.1', port: 20000, sessionId: '1', version: 1, codecs: ['PCMU', 'PCMA'] };
const offer: Offer = { ...local, telephoneEvent: 101 };
const remote = { address: '198.51.100.7', port: 30002 };
const sdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 198.51.100.7', 's=-', 'c=IN IP4 198.51.100.7', 't=0 0', 'm=audio 30002 RTP/AVP 0', ...lines, ''].join('\r\n');

describe('the port for RTCP', () => {
  test.each([
    ['nothing said: the next one', [], undefined],
    ['one port for both (RFC 5761)', ['a=rtcp-mux'], remote],
    ['another port (RFC 3605)', ['a=rtcp:30010'], { address: '198.51.100.7', port: 30010 }],
    ['another port and address', ['a=rtcp:30010 IN IP4 203.0.113.9'], { address: '203.0.113.9', port: 30010 }],
    ['another port and address, IPv6', ['a=rtcp:30010 IN IP6 2001:db8::9'], { address: '2001:db8::9', port: 30010 }],
    ['one port for both goes before another port', ['a=rtcp:30010', 'a=rtcp-mux'], remote],
    ['the port of the audio by number', ['a=rtcp:30002'], remote],
    ['no port at all', ['a=rtcp:0'], undefined],
    ['a port that is none', ['a=rtcp:70000'], undefined],
    ['a port without a number', ['a=rtcp:'], undefined],
    ['an address of another kind', ['a=rtcp:30010 IN IP4 2001:db8::9'], undefined],
    ['a host name', ['a=rtcp:30010 IN IP4 host.example'], undefined],
    ['something longer', ['a=rtcp-muxed'], undefined],
  ] as const)('%s', (_what, lines, rtcp) => {
    expect(readAnswer(offer, sdp(...lines)).rtcp).toEqual(rtcp);
    expect(answerOffer(sdp(...lines), local).agreed.rtcp).toEqual(rtcp);
  });

  test('is shared in an answer only when the offer says so', () => {
    expect(writeOffer(offer)).toContain('\r\na=rtcp-mux\r\n');
    expect(answerOffer(sdp('a=rtcp-mux'), local).answer).toContain('\r\na=rtcp-mux\r\n');
    expect(answerOffer(sdp('a=rtcp:30010'), local).answer).not.toContain('rtcp');
  });
});
