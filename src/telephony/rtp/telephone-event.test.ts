import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digitOfEvent, eventOfDigit, readTelephoneEvent, TELEPHONE_EVENT_BYTES, writeTelephoneEvent } from './telephone-event.ts';

describe('telephone-event payload', () => {
  it('is written as RFC 4733 section 2.3 draws it', () => {
    const bytes = new Uint8Array(6);
    writeTelephoneEvent(bytes, 1, { event: 11, end: true, duration: 800 });
    expect(Buffer.from(bytes).toString('hex')).toBe('000b8a032000');
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.boolean(), fc.nat(65_535), (event, end, duration) => {
        const bytes = new Uint8Array(20);
        writeTelephoneEvent(bytes, 12, { event, end, duration });
        expect(readTelephoneEvent(bytes, 12, 16)).toEqual({ event, end, duration });
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  it('is nothing when it is cut', () => {
    expect(readTelephoneEvent(new Uint8Array(15), 12, 12 + TELEPHONE_EVENT_BYTES - 1)).toBeUndefined();
  });
});

describe('digits', () => {
  it('have the event codes of RFC 4733 section 3.2', () => {
    expect([...'0123456789*#ABCD'].map(eventOfDigit)).toEqual(Array.from({ length: 16 }, (_, event) => event));
    expect(Array.from({ length: 16 }, (_, event) => digitOfEvent(event)).join('')).toBe('0123456789*#ABCD');
    expect(eventOfDigit('d')).toBe(15);
  });

  it('are not other events and other characters', () => {
    expect(digitOfEvent(16)).toBeUndefined();
    for (const text of ['w', 'E', '', ' ', '12']) expect(eventOfDigit(text)).toBeUndefined();
  });
});
