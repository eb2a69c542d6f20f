import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAssertedIdentity } from './asserted-identity.ts';
import { HeaderList } from './header-list.ts';

const PAI = 'P-Asserted-Identity';
const read = (...entries: (readonly [string, string])[]) => readAssertedIdentity(new HeaderList(entries));

describe('the identity that a network asserts', () => {
  it.each([
    ['of a SIP URI', ['<sip:+4930123456@carrier.example;user=phone>'], ['+4930123456']],
    ['with a name', ['"Ada, of \\"us\\"" <sip:ada@carrier.example>'], ['ada']],
    ['of a tel URI', ['<tel:+1-814-555-0001>'], ['+1-814-555-0001']],
    ['of both, in one line', ['"Ada" <sip:ada@carrier.example>, <tel:+4930123456>'], ['ada', '+4930123456']],
    ['of both, in two lines', ['<sip:ada@carrier.example>', '<tel:+4930123456>'], ['ada', '+4930123456']],
    ['of the first two of many', [Array.from({ length: 50 }, (_, nth) => `<sip:${nth}@h>`).join(', ')], ['0', '1']],
    ['without a user', ['<sip:carrier.example>'], []],
    ['of too many', [Array.from({ length: 300 }, (_, nth) => `<sip:${nth}@h>`).join(', ')], []],
    ['that is broken', ['<sip:ada@carrier.example'], []],
    ['of another scheme', ['<https://carrier.example>'], []],
  ])('is that %s', (_what, lines, users) => {
    expect(read(...lines.map((line) => [PAI, line] as const))).toEqual({ users, isPrivate: false });
  });

  it.each([
    ['id', true],
    ['ID; critical', true],
    ['header;id', true],
    ['user', true],
    ['none', false],
    ['session', false],
    ['identity', false],
  ])('with Privacy: %s is private: %s', (privacy, isPrivate) => {
    expect(read([PAI, '<tel:+4930123456>'], ['Privacy', privacy])).toEqual({ users: ['+4930123456'], isPrivate });
  });

  it('is read from any text, and has two users at most', () => {
    const piece = fc.constantFrom('<', '>', 'sip:', 'tel:', '"', ',', '\\', '@', ';', '+49', 'a', '%00', ' ', '\u0000', 'x'.repeat(3000));
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), text, (lines, privacy) => {
        const { users } = read(...lines.map((line) => [PAI, line] as const), ['Privacy', privacy]);
        expect(users.length).toBeLessThanOrEqual(2);
        expect(users).not.toContain('');
      }),
    );
  });
});
