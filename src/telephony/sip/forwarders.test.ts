import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../../test/support/hostile-text.ts';
import { readForwarders } from './forwarders.ts';
import { HeaderList } from './header-list.ts';

const read = (...entries: (readonly [string, string])[]) => readForwarders(new HeaderList(entries));
const diversion = (...lines: string[]) => read(...lines.map((line) => ['Diversion', line] as const));
const history = (...lines: string[]) => read(...lines.map((line) => ['History-Info', line] as const));

describe('who has forwarded a call, by Diversion', () => {
  it.each([
    ['nobody, without one', [], []],
    ['a SIP URI', ['<sip:+4930111@carrier.example>;reason=unconditional;counter=1'], ['+4930111']],
    ['a tel URI', ['<tel:+49-30-111>;reason=user-busy'], ['+49-30-111']],
    ['a name, and quoted parameters', ['"Sales, of us" <sip:sales@h>;reason="user-busy";screen=yes;privacy=off'], ['sales']],
    ['without brackets', ['sip:sales@h;reason=no-answer'], ['sales']],
    ['the last first, in one line', ['<sip:2@h>;reason=no-answer, <sip:1@h>;reason=user-busy'], ['2', '1']],
    ['the last first, in two lines', ['<sip:2@h>', '<sip:1@h>'], ['2', '1']],
    ['those who do not hide', ['<sip:2@h>;privacy=FULL', '<sip:1@h>;privacy="uri"', '<sip:0@h>;privacy=name'], ['0']],
    ['those that can be read', ['<sip:%zz@h>', '<https://h>', '<sip:h>', '<sip:1@h>'], ['1']],
    [
      'the first twenty',
      [Array.from({ length: 60 }, (_, nth) => `<sip:${nth}@h>`).join(', ')],
      Array.from({ length: 20 }, (_, nth) => `${nth}`),
    ],
    ['nobody of too many', [Array.from({ length: 300 }, (_, nth) => `<sip:${nth}@h>`).join(', ')], []],
    ['nobody of a line that is broken', ['<sip:1@h'], []],
  ])('is %s', (_what, lines, users) => {
    expect(diversion(...lines)).toEqual(users);
  });
});

describe('who has forwarded a call, by History-Info', () => {
  it.each([
    [
      'an entry that another one stands for (RFC 7044)',
      ['<sip:1@h>;index=1', '<sip:1@10.0.0.9>;index=1.1;rc=1', '<sip:2@h>;index=1.2;mp=1'],
      ['1'],
    ],
    ['an entry before one with a cause (RFC 4458)', ['<sip:+49301@h>;index=1, <sip:+49302@h;cause=302>;index=1.1'], ['+49301']],
    ['an entry with a Reason (RFC 4244)', ['<sip:1@h?Reason=SIP%3Bcause%3D486%3Btext%3D%22Busy%22>;index=1', '<sip:2@h>;index=1.1'], ['1']],
    ['the last first', ['<sip:1@h>;index=1', '<sip:2@h;cause=486>;index=1.1', '<tel:+3;cause=408>;index=1.1.1'], ['2', '1']],
    ['nobody, when it tells where the call went only', ['<sip:1@h>;index=1', '<sip:1@10.0.0.9>;index=1.1;rc=1'], []],
    ['nobody, when the last was tried and nobody came after', ['<sip:1@h?Reason=SIP%3Bcause%3D486>;index=1'], []],
    ['nobody, for a Reason that is of no SIP', ['<sip:1@h?Reason=Q.850%3Bcause%3D17>;index=1', '<sip:2@h>;index=1.1'], []],
    ['not one who hides', ['<sip:1@h?Privacy=history>;index=1', '<sip:2@h;cause=302>;index=1.1', '<sip:3@h;cause=302>;index=1.2'], ['2']],
    ['those that can be read', ['<https://h>;index=1', '<sip:2@h>;index=1.1', '<sip:3@h;cause=302>;index=1.2'], ['2']],
  ])('is %s', (_what, lines, users) => {
    expect(history(...lines)).toEqual(users);
  });

  it('is not asked where Diversion tells, nor where all of it is to be kept', () => {
    const both = [
      ['History-Info', '<sip:1@h>;index=1'],
      ['History-Info', '<sip:2@h;cause=302>;index=1.1'],
    ] as const;
    expect(read(...both, ['Diversion', '<sip:9@h>'])).toEqual(['9']);
    expect(read(...both, ['Privacy', 'session; history'])).toEqual([]);
    expect(read(...both, ['Privacy', 'id'])).toEqual(['1']);
  });
});

it('is read from any text: never more than twenty, never an error, never nothing for somebody', () => {
  const text = hostileText('+49', 'index=1', 'mp=1', ';cause=302', '?Reason=SIP%3Bcause%3D302', 'privacy=', 'x'.repeat(3000));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('Diversion', 'History-Info', 'Privacy'), text), { maxLength: 6 }), (entries) => {
      const users = read(...entries);
      expect(users.length).toBeLessThanOrEqual(20);
      expect(users).not.toContain('');
    }),
  );
});
