import { describe, expect, test } from 'vitest';
import { parseVia, type Via } from './parse-via.ts';
import { SipParseError } from './sip-parse-error.ts';

const vias: readonly (readonly [text: string, via: Omit<Via, 'params'>, params: Record<string, string>])[] = [
  ['SIP/2.0/UDP host.example', { transport: 'UDP', host: 'host.example' }, {}],
  [
    'SIP/2.0/tcp 192.0.2.1:5061;branch=z9hG4bK87a;rport',
    { transport: 'TCP', host: '192.0.2.1', port: 5061, branch: 'z9hG4bK87a' },
    { branch: 'z9hG4bK87a', rport: '' },
  ],
  [
    'SIP/2.0/UDP 192.0.2.1;received=198.51.100.2;rport=1024;ttl=16',
    { transport: 'UDP', host: '192.0.2.1', received: '198.51.100.2', rport: 1024 },
    { received: '198.51.100.2', rport: '1024', ttl: '16' },
  ],
  [
    'SIP / 2.0\t/  TLS \t first.example : 4000 ; Branch = "a;b" ; hidden',
    { transport: 'TLS', host: 'first.example', port: 4000, branch: 'a;b' },
    { branch: 'a;b', hidden: '' },
  ],
  [
    'SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255',
    { transport: 'UDP', host: '2001:db8::9:1', received: '2001:db8::9:255' },
    { received: '2001:db8::9:255' },
  ],
  ['SIP/2.0/UDP [::1]:5060;received=[::2]', { transport: 'UDP', host: '::1', port: 5060, received: '::2' }, { received: '[::2]' }],
];

describe('parseVia', () => {
  test.each(vias)('reads %s', (text, via, params) => {
    expect(parseVia(text)).toEqual({ ...via, params: new Map(Object.entries(params)) });
  });

  test.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0 UDP host',
    'SIP/2.0/UDP ;branch=x',
    'SIP/3 0/UDP host',
    'HTTP/2.0/UDP host',
    'SIP/2.0/U(P host',
    'SIP/2.0/UDP ho st',
    'SIP/2.0/UDP host:0',
    'SIP/2.0/UDP host:port',
    'SIP/2.0/UDP host;rport=70000',
    'SIP/2.0/UDP host;rport=x',
    'SIP/2.0/UDP host;branch=a;branch=b',
    'SIP/2.0/UDP host;bra nch=a',
    'SIP/2.0/UDP host;x="a',
    'SIP/2.0/UDP 2001:db8::1',
  ])('refuses %j', (text) => {
    expect(() => parseVia(text)).toThrow(SipParseError);
  });
});
