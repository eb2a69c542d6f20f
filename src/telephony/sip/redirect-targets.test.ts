import { describe, expect, it } from 'vitest';
import { HeaderList } from './header-list.ts';
import { redirectTargets } from './redirect-targets.ts';

function targetsOf(...contacts: readonly string[]): readonly string[] {
  const headers = new HeaderList();
  for (const contact of contacts) headers.add('Contact', contact);
  return redirectTargets(headers);
}

describe('the targets of a redirection', () => {
  it('come in the order of their q-values, and as written when these are the same', () => {
    expect(targetsOf('<sip:a@x>;q=0.2, <sip:b@x>;q=0.9', '"C, c" <sip:c@x>', '<sip:d@x>;q=0.9')).toEqual([
      'sip:c@x',
      'sip:b@x',
      'sip:d@x',
      'sip:a@x',
    ]);
  });

  it.each([
    '*',
    '<tel:+1555>',
    '<https://x>',
    '<sips:a@x>',
    '<sip:a@x?Route=%3Csip:y%3E>',
    '<sip:a@x>;q=2',
    '<sip:a@x>;q=-1',
    '<sip:a@x>;q',
    '<sip:',
    '"',
    '',
  ])('do not include %j', (contact) => {
    expect(targetsOf(contact, '<sip:ok@x>').filter((uri) => uri !== 'sip:ok@x')).toEqual([]);
  });

  it('are ten at the most', () => {
    expect(targetsOf(...Array.from({ length: 20 }, (_, index) => `<sip:u${index}@x>`))).toHaveLength(10);
  });
});
