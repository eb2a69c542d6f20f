import { describe, expect, it } from 'vitest';
import { HeaderList } from './header-list.ts';
import type { SipMessage } from './message.ts';
import { hasForeignBody, sameSession, sdpOf } from './session-description.ts';

function message(type: string | undefined, body: string): SipMessage {
  const headers = new HeaderList(type === undefined ? [] : [['Content-Type', type]]);
  return { kind: 'response', status: 200, reason: 'OK', headers, body: Buffer.from(body) };
}

describe('the SDP of a message', () => {
  it.each([
    ['application/sdp', 'v=0', 'v=0', false],
    ['Application/SDP;charset=utf-8', 'v=0', 'v=0', false],
    ['application/sdp', '', undefined, false],
    ['application/sdpx', 'v=0', undefined, true],
    ['text/plain', 'hello', undefined, true],
    [undefined, 'v=0', undefined, true],
    [undefined, '', undefined, false],
  ])('with type %s and body %j is %j', (type, body, sdp, foreign) => {
    expect(sdpOf(message(type, body))).toBe(sdp);
    expect(hasForeignBody(message(type, body))).toBe(foreign);
  });
});

describe('two descriptions', () => {
  const sdp = 'v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\nm=audio 4000 RTP/AVP 0\r\n';
  it('are the same session when only the origin or the line ends differ', () => {
    expect(sameSession(sdp, sdp.replace('1 1', '1 2'))).toBe(true);
    expect(sameSession(sdp, sdp.replaceAll('\r\n', '\n'))).toBe(true);
  });

  it('are different sessions when anything else differs', () => {
    expect(sameSession(sdp, sdp.replace('4000', '4002'))).toBe(false);
    expect(sameSession(sdp, `${sdp}a=sendonly\r\n`)).toBe(false);
  });
});
