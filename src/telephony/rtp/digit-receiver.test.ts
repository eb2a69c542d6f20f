import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DigitReceiver } from './digit-receiver.ts';
import { eventOfDigit } from './telephone-event.ts';

interface EventPacket {
  readonly timestamp: number;
  readonly event: number;
  readonly end: boolean;
  readonly duration: number;
  readonly atMs: number;
}

/** The packets of some digits, 100 ms each and 80 ms apart, as a sender makes them: five updates, the last three times. */
function packetsOf(digits: string, firstTimestamp = 0xffff_fe00): EventPacket[] {
  return [...digits].flatMap((digit, index) => {
    const startMs = index * 180;
    const timestamp = (firstTimestamp + startMs * 8) >>> 0;
    const event = eventOfDigit(digit) ?? -1;
    return Array.from({ length: 7 }, (_, packet) => ({
      timestamp,
      event,
      end: packet >= 4,
      duration: Math.min(packet + 1, 5) * 160,
      atMs: startMs + packet * 20,
    }));
  });
}

/** What was pressed, and whether presses and releases alternate. */
function run(packets: readonly EventPacket[]): { pressed: string; alternates: boolean } {
  const receiver = new DigitReceiver();
  const changes = packets.flatMap((packet) => [...receiver.tick(packet.atMs), ...receiver.receive(packet.timestamp, packet, packet.atMs)]);
  const last = packets.at(-1)?.atMs ?? 0;
  changes.push(...receiver.tick(last + 120));
  return {
    pressed: changes.flatMap((change) => (change.kind === 'pressed' ? [change.digit] : [])).join(''),
    alternates: changes.every((change, index) => (index % 2 === 0) === (change.kind === 'pressed')) && changes.length % 2 === 0,
  };
}

describe('DigitReceiver', () => {
  it('presses a key with the first packet and releases it with the first end', () => {
    const receiver = new DigitReceiver();
    const packets = packetsOf('5');
    const changes = packets.map((packet) => receiver.receive(packet.timestamp, packet, packet.atMs));
    expect(changes[0]).toEqual([{ kind: 'pressed', digit: '5' }]);
    expect(changes[4]).toEqual([{ kind: 'released', digit: '5' }]);
    expect(changes.filter((each) => each.length > 0)).toHaveLength(2);
  });

  it('tells equal digits apart by their timestamps', () => {
    expect(run(packetsOf('1122##')).pressed).toBe('1122##');
  });

  it('takes a digit of which only one end packet came', () => {
    expect(run(packetsOf('7').slice(6))).toEqual({ pressed: '7', alternates: true });
    expect(new DigitReceiver().receive(800, { event: 7, end: true, duration: 800 }, 0).map(({ kind }) => kind)).toEqual([
      'pressed',
      'released',
    ]);
  });

  it('releases a key 120 ms after its last packet when the ends are lost', () => {
    const receiver = new DigitReceiver();
    for (const packet of packetsOf('9').slice(0, 4)) receiver.receive(packet.timestamp, packet, packet.atMs);
    expect(receiver.tick(60 + 119)).toEqual([]);
    expect(receiver.tick(60 + 120)).toEqual([{ kind: 'released', digit: '9' }]);
    expect(receiver.tick(60 + 140)).toEqual([]);
  });

  it('does not press again when packets come after the end that was made up', () => {
    const receiver = new DigitReceiver();
    const packets = packetsOf('9');
    for (const packet of packets.slice(0, 3)) receiver.receive(packet.timestamp, packet, packet.atMs);
    receiver.tick(300);
    for (const packet of packets.slice(3)) expect(receiver.receive(packet.timestamp, packet, 320)).toEqual([]);
  });

  it('releases the key before when the next one comes first', () => {
    const receiver = new DigitReceiver();
    const [one, two] = [packetsOf('1')[0], packetsOf('12')[7]];
    if (!one || !two) throw new Error('no packets');
    receiver.receive(one.timestamp, one, 0);
    expect(receiver.receive(two.timestamp, two, 20)).toEqual([
      { kind: 'released', digit: '1' },
      { kind: 'pressed', digit: '2' },
    ]);
  });

  it('takes a key that is held beyond the longest duration for one press (RFC 4733 section 2.5.1.3)', () => {
    const receiver = new DigitReceiver();
    const first = { event: 3, end: false, duration: 0xffff };
    receiver.receive(1000, first, 0);
    expect(receiver.receive(1000 + 0xffff, { event: 3, end: false, duration: 160 }, 20)).toEqual([]);
    expect(receiver.receive(1000 + 0xffff, { event: 3, end: true, duration: 320 }, 40)).toEqual([{ kind: 'released', digit: '3' }]);
    expect(receiver.receive(1000 + 0xffff, { event: 3, end: true, duration: 320 }, 60)).toEqual([]);
  });

  it('knows a key that is held so long over the wrap of the timestamps, and another key from it', () => {
    const receiver = new DigitReceiver();
    receiver.receive(0xffff_ff00, { event: 3, end: false, duration: 0xffff }, 0);
    expect(receiver.receive(0xfeff, { event: 3, end: false, duration: 0xffff }, 20)).toEqual([]);
    expect(receiver.receive(0xfeff + 0xffff, { event: 4, end: false, duration: 160 }, 40)).toEqual([
      { kind: 'released', digit: '3' },
      { kind: 'pressed', digit: '4' },
    ]);
  });

  it('remembers the last sixteen events, and not those of long before', () => {
    const receiver = new DigitReceiver();
    const press = (timestamp: number) => receiver.receive(timestamp, { event: 1, end: true, duration: 160 }, 0).length;
    const timestamps = Array.from({ length: 17 }, (_, place) => place * 1000);
    expect(timestamps.map(press)).toEqual(timestamps.map(() => 2));
    expect(timestamps.slice(1).map(press)).toEqual(timestamps.slice(1).map(() => 0));
    expect(press(0)).toBe(2);
  });

  it('ignores events that are no digits', () => {
    expect(new DigitReceiver().receive(1, { event: 16, end: false, duration: 160 }, 0)).toEqual([]);
  });

  it('forgets timestamps when the source changes', () => {
    const receiver = new DigitReceiver();
    receiver.receive(1000, { event: 1, end: false, duration: 160 }, 0);
    expect(receiver.restart()).toEqual([{ kind: 'released', digit: '1' }]);
    expect(receiver.receive(1000, { event: 2, end: false, duration: 160 }, 20)).toEqual([{ kind: 'pressed', digit: '2' }]);
  });

  it('presses every digit exactly once, whatever is lost, repeated or late, if one packet of each comes', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789*#ABCD'), minLength: 1, maxLength: 12 });
    const fates = fc.array(fc.record({ drop: fc.boolean(), twice: fc.boolean(), lateMs: fc.nat(70) }), { minLength: 84, maxLength: 84 });
    fc.assert(
      fc.property(digits, fates, fc.array(fc.nat(6), { minLength: 12, maxLength: 12 }), (text, fate, kept) => {
        const arriving = packetsOf(text)
          .flatMap((packet, index) => {
            const { drop, twice, lateMs } = fate[index] ?? { drop: false, twice: false, lateMs: 0 };
            const spared = index % 7 === kept[Math.floor(index / 7)];
            if (drop && !spared) return [];
            const late = { ...packet, atMs: packet.atMs + (spared ? Math.min(lateMs, 20) : lateMs) };
            return twice ? [late, { ...late, atMs: late.atMs + 5 }] : [late];
          })
          .sort((left, right) => left.atMs - right.atMs);
        const pressed = run(arriving).pressed;
        expect([...pressed].sort().join('')).toBe([...text].sort().join(''));
        expect(run(arriving).alternates).toBe(true);
      }),
      { numRuns: 200, seed: 11 },
    );
  });
});
