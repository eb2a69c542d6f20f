import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReceivedSequence } from './received-sequence.ts';

describe('ReceivedSequence', () => {
  it('goes on over the wrap without counting a loss', () => {
    const sequence = new ReceivedSequence();
    for (let number = 65_530; number < 65_550; number++) expect(sequence.accept(number & 0xffff)).toBe('newest');
    expect(sequence).toMatchObject({ received: 20, lost: 0 });
  });

  it('counts what never came, and takes it back when it comes late', () => {
    const sequence = new ReceivedSequence();
    for (const number of [10, 11, 14, 15]) sequence.accept(number);
    expect(sequence.lost).toBe(2);
    expect(sequence.accept(12)).toBe('late');
    expect(sequence.accept(13)).toBe('late');
    expect(sequence).toMatchObject({ received: 6, lost: 0 });
  });

  it('drops a repeated packet, the newest and an old one', () => {
    const sequence = new ReceivedSequence();
    for (const number of [65_534, 65_535, 0, 1]) sequence.accept(number);
    for (const number of [1, 65_534, 0]) expect(sequence.accept(number)).toBe('duplicate');
    expect(sequence.received).toBe(4);
  });

  it('counts a packet that came before the first one', () => {
    const sequence = new ReceivedSequence();
    sequence.accept(100);
    expect(sequence.accept(98)).toBe('late');
    expect(sequence).toMatchObject({ received: 2, lost: 1 });
  });

  it('takes a jump for a restart only when the next packet confirms it (RFC 3550 appendix A.1)', () => {
    const sequence = new ReceivedSequence();
    for (const number of [1, 2, 3]) sequence.accept(number);
    expect(sequence.accept(30_000)).toBe('stray');
    expect(sequence.accept(4)).toBe('newest');
    expect(sequence.accept(30_001)).toBe('stray');
    expect(sequence.accept(30_002)).toBe('newest');
    expect(sequence.accept(30_003)).toBe('newest');
    expect(sequence).toMatchObject({ received: 6, lost: 0 });
  });

  it('keeps what it counted when another source begins', () => {
    const sequence = new ReceivedSequence();
    for (const number of [1, 2, 5]) sequence.accept(number);
    sequence.restart(900);
    sequence.accept(902);
    expect(sequence).toMatchObject({ received: 5, lost: 3 });
  });

  it('drops what comes later than any network holds it up', () => {
    const sequence = new ReceivedSequence();
    sequence.accept(1000);
    expect([sequence.accept(900), sequence.accept(899)]).toEqual(['late', 'stray']);
  });

  it('takes numbers of another source for new ones, though one before had the same', () => {
    const sequence = new ReceivedSequence();
    for (let number = 0; number < 20; number++) sequence.accept(number);
    sequence.restart(15);
    expect([sequence.accept(14), sequence.accept(14)]).toEqual(['late', 'duplicate']);
  });

  it('confirms a restart over the wrap', () => {
    const sequence = new ReceivedSequence();
    sequence.accept(30_000);
    expect([sequence.accept(0xffff), sequence.accept(0)]).toEqual(['stray', 'newest']);
  });

  it('knows what came before the first one, over the wrap too', () => {
    const sequence = new ReceivedSequence();
    sequence.accept(2);
    expect([sequence.accept(0xffff), sequence.accept(0xffff)]).toEqual(['late', 'duplicate']);
    expect(sequence).toMatchObject({ received: 2, lost: 2 });
  });

  it('counts wraps in the highest number that reports tell (RFC 3550 section 6.4.1)', () => {
    const sequence = new ReceivedSequence();
    expect(sequence.extendedHighest).toBe(0);
    for (const number of [0xffff, 0, 1]) sequence.accept(number);
    expect(sequence.extendedHighest).toBe(0x1_0001);
  });

  it('counts right for any mixture of loss, repetition and small disorder', () => {
    const step = fc.record({ drop: fc.boolean(), twice: fc.boolean(), delay: fc.nat(5) });
    fc.assert(
      fc.property(fc.nat(65_535), fc.array(step, { minLength: 1, maxLength: 300 }), (start, steps) => {
        const sent = steps.map((each, index) => ({ ...each, at: index + each.delay, number: (start + index) & 0xffff }));
        const arriving = sent.filter((each) => !each.drop).sort((left, right) => left.at - right.at);
        const sequence = new ReceivedSequence();
        for (const { number, twice } of arriving) {
          expect(['newest', 'late']).toContain(sequence.accept(number));
          if (twice) expect(sequence.accept(number)).toBe('duplicate');
        }
        expect(sequence.received).toBe(arriving.length);
        const indexes = arriving.map((each) => (each.number - start) & 0xffff);
        const span = arriving.length === 0 ? 0 : Math.max(...indexes) - Math.min(...indexes) + 1;
        expect(sequence.lost).toBe(span - arriving.length);
      }),
      { numRuns: 150, seed: 3 },
    );
  });
});
