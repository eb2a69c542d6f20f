import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { parseNameAddress } from './parse-address.ts';
import { parseMessage } from './parse-message.ts';
import { SipParseError } from './sip-parse-error.ts';

const load: unknown = createRequire(import.meta.url)('sip-message-examples');

function example(name: string): string {
  const text: unknown = typeof load === 'function' ? load(name) : undefined;
  if (typeof text !== 'string') throw new Error(`There is no example ${name}`);
  return text;
}

const read = (text: string) => parseMessage(Buffer.from(text));

describe('messages seen in the field', () => {
  // Their bodies lack the last line end, which their Content-Length counts.
  test.each(['invite', 'invite-tls', 'invite-compact', '200ok', 'siprec', 'siprec2', 'siprec3'])(
    '%s is refused as it is, and read once it is whole',
    (name) => {
      expect(() => read(example(name))).toThrow(SipParseError);
      const whole = read(example(name).replace(/\r\n(?:Content-Length|l): +\d+/, ''));
      expect(whole.body.length).toBeGreaterThan(100);
      expect(parseNameAddress(whole.headers.first('From') ?? '').tag).toMatch(/\w+/);
    },
  );

  test('options-carriage-return lacks the empty line after the headers', () => {
    expect(() => read(example('options-carriage-return'))).toThrow(SipParseError);
    expect(read(`${example('options-carriage-return')}\r\n`).kind).toBe('request');
  });
});
