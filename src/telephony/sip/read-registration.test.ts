import { describe, expect, it } from 'vitest';
import { mutatedBytes } from '../../../test/support/mutated-bytes.ts';
import { seededRandom } from '../../kernel/random.ts';
import { parseMessage } from './parse-message.ts';
import { readRegistration } from './read-registration.ts';
import { SipParseError } from './sip-parse-error.ts';

function register(lines: readonly string[], to = '<sip:Alice@ringflow.example>'): string {
  const head = [
    'REGISTER sip:ringflow.example SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1',
    `To: ${to}`,
    'From: <sip:alice@a>;tag=1',
  ];
  return [...head, 'Call-ID: c', 'CSeq: 1 REGISTER', ...lines, '', ''].join('\r\n');
}

function read(text: string) {
  const message = parseMessage(Buffer.from(text));
  if (message.kind !== 'request') throw new Error('no request');
  return readRegistration(message);
}

describe('a REGISTER', () => {
  it('names contacts with their own times, that of the request, or none', () => {
    const found = read(
      register([
        'Contact: "Desk" <sip:a@10.0.0.2:5060;transport=tcp>;expires=120, sip:b@10.0.0.3',
        'Contact: <sip:c@d>;expires=never',
        'Expires: 300',
      ]),
    );
    expect(found).toEqual({
      user: 'Alice',
      removeAll: false,
      path: [],
      contacts: [
        { key: 'sip:a@10.0.0.2:5060;transport=tcp', uri: 'sip:a@10.0.0.2:5060;transport=tcp', expiresSeconds: 120 },
        { key: 'sip:b@10.0.0.3', uri: 'sip:b@10.0.0.3', expiresSeconds: 300 },
        { key: 'sip:c@d', uri: 'sip:c@d', expiresSeconds: 300 },
      ],
    });
    expect(read(register(['Contact: <sip:a@b>'])).contacts[0]?.expiresSeconds).toBeUndefined();
    expect(read(register([])).contacts).toEqual([]);
  });

  it('tells phones apart by their instance, whatever their contact', () => {
    const [contact] = read(register(['Contact: <sip:a@10.0.0.2:4711>;+sip.instance="<urn:uuid:1>";reg-id=2'])).contacts;
    expect(contact?.key).toBe('<urn:uuid:1>;2');
  });

  it.each(['"1;expires=9"', '1234567890', '-1', 'x'])('has no flow when its number is none: %s', (flow) => {
    const [contact] = read(register([`Contact: <sip:a@10.0.0.2:4711>;+sip.instance="<urn:uuid:1>";reg-id=${flow}`])).contacts;
    expect(contact?.key).toBe('<urn:uuid:1>;');
  });

  it('removes everything with *, and Path is kept in order', () => {
    expect(read(register(['Contact: *', 'Expires: 0']))).toMatchObject({ removeAll: true, contacts: [] });
    expect(read(register(['Contact: <sip:a@b>', 'Path: <sip:p1;lr>, <sip:p2;lr>', 'Path: <sip:p3;lr>'])).path).toEqual([
      '<sip:p1;lr>',
      '<sip:p2;lr>',
      '<sip:p3;lr>',
    ]);
  });

  it.each([
    ['* with another contact', ['Contact: *, <sip:a@b>', 'Expires: 0']],
    ['* without Expires 0', ['Contact: *']],
    ['a contact that is no SIP address', ['Contact: <tel:+1555>']],
    ['a contact of another kind', ['Contact: <mailto:a@b>']],
    ['a contact twice', ['Contact: <sip:a@b>, <sip:a@b>']],
    ['a contact that is too long', [`Contact: <sip:${'a'.repeat(1100)}@b>`]],
    ['an instance that is too long', [`Contact: <sip:a@b>;+sip.instance="${'i'.repeat(300)}"`]],
    ['too many contacts', [`Contact: ${Array.from({ length: 11 }, (_none, at) => `<sip:a@${at}.example>`).join(', ')}`]],
    ['too many proxies', ['Contact: <sip:a@b>', `Path: ${Array.from({ length: 11 }, (_none, at) => `<sip:p${at};lr>`).join(', ')}`]],
    ['a proxy that cannot be reached', ['Contact: <sip:a@b>', 'Path: <tel:+1555>']],
  ])('with %s is wrong', (_what, lines) => {
    expect(() => read(register(lines))).toThrow(SipParseError);
  });

  it('that is damaged is read or refused', () => {
    const random = seededRandom(7);
    const whole = register([
      'Contact: "A" <sip:a@b:1;x=y>;expires=60;+sip.instance="<urn:x>";reg-id=1, sip:c@d',
      'Path: <sip:p;lr>',
      'Expires: 0',
    ]);
    let wasRead = 0;
    for (let nth = 0; nth < 3000; nth++) {
      try {
        const message = parseMessage(mutatedBytes([Buffer.from(whole)], random));
        if (message.kind !== 'request') continue;
        expect(readRegistration(message).contacts.length).toBeLessThanOrEqual(10);
        wasRead += 1;
      } catch (error) {
        expect(error).toBeInstanceOf(SipParseError);
      }
    }
    expect(wasRead).toBeGreaterThan(100);
  });
});
