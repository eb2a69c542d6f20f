import { describe, expect, test } from 'vitest';
import { C, failureOf, offer, phone, sdp } from '../../../test/support/sdp-texts.ts';
import type { AgreedMedia } from '../media/media-port.ts';
import { answerOffer, type LocalMedia, readAnswer, writeOffer } from './negotiate.ts';

type Direction = AgreedMedia['direction'];
const SIX = '2001:db8::1';
const offered = (connection: string, ...lines: string[]): string => sdp(connection, 't=0 0', 'm=audio 30002 RTP/AVP 0', ...lines);

describe('a call that we hold', () => {
  const holding = { ...offer, holds: true };

  test('is offered as one in which we only send', () => {
    const text = writeOffer(holding);
    expect(text).toContain('\r\na=sendonly\r\n');
    expect(text).not.toContain('sendrecv');
  });

  const directions: readonly (readonly [theirs: string, ours: Direction])[] = [
    ['sendrecv', 'sendonly'],
    ['recvonly', 'sendonly'],
    ['sendonly', 'inactive'],
    ['inactive', 'inactive'],
  ];
  test.each(directions)('stays held, whatever the other side says: %s gives %s', (theirs, ours) => {
    expect(readAnswer(holding, offered(C, `a=${theirs}`)).direction).toBe(ours);
    const { answer, agreed } = answerOffer(offered(C, `a=${theirs}`), holding);
    expect(agreed.direction).toBe(ours);
    expect(answer).toContain(`\r\na=${ours}\r\n`);
  });
});

describe('a hold by address', () => {
  const directions: readonly (readonly [theirs: string, ours: Direction])[] = [
    ['sendrecv', 'recvonly'],
    ['sendonly', 'recvonly'],
    ['recvonly', 'inactive'],
    ['inactive', 'inactive'],
  ];
  test.each(directions)('leaves of %s what does not go to the peer: %s', (theirs, ours) => {
    for (const connection of ['c=IN IP4 0.0.0.0', 'c=IN IP6 ::', 'c=IN IP6 0:0:0:0:0:0:0:0'])
      expect(answerOffer(offered(connection, `a=${theirs}`), phone).agreed.direction).toBe(ours);
  });

  test('needs no address of its family', () => {
    const six: LocalMedia = { ...phone, address: SIX };
    expect(answerOffer(offered('c=IN IP6 ::'), phone).answer).toContain('c=IN IP4 198.51.100.7\r\n');
    expect(answerOffer(offered('c=IN IP4 0.0.0.0'), six).answer).toContain(`c=IN IP6 ${SIX}\r\n`);
    expect(failureOf(() => answerOffer(offered('c=IN IP4 0.0.0.1'), six))).toBe('no-address');
  });

  test('does not lead us to our other address', () => {
    const both: LocalMedia = { ...phone, address: SIX, otherAddress: '192.0.2.1' };
    expect(answerOffer(offered('c=IN IP4 0.0.0.0'), both).answer).toContain(`c=IN IP6 ${SIX}\r\n`);
    expect(answerOffer(offered(C), both).answer).toContain('c=IN IP4 192.0.2.1\r\n');
  });
});
