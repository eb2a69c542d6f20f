import { describe, expect, it } from 'vitest';
import { DigitReceiver } from './digit-receiver.ts';
import { DigitsError, framesOfDigits } from './digit-sender.ts';

describe('framesOfDigits', () => {
  it('sends 100 ms of one digit, its end three times, then a pause', () => {
    const frames = [...framesOfDigits('5')].map((frame) =>
      frame.kind === 'pause'
        ? 'pause'
        : `${frame.event.event} ${frame.event.duration}${frame.event.end ? ' end' : ''}${frame.first ? ' first' : ''}`,
    );
    expect(frames).toEqual(['5 160 first', '5 320', '5 480', '5 640', '5 800 end', '5 800 end', '5 800 end', 'pause', 'pause']);
  });

  it('waits 500 ms for w', () => {
    expect([...framesOfDigits('w')]).toEqual(Array(25).fill({ kind: 'pause' }));
  });

  it('is understood by the receiver, also in lower case', () => {
    const receiver = new DigitReceiver();
    let timestamp = 0;
    let eventTimestamp = 0;
    let pressed = '';
    for (const frame of framesOfDigits('0w9*#aD11')) {
      if (frame.kind === 'event') {
        if (frame.first) eventTimestamp = timestamp;
        for (const change of receiver.receive(eventTimestamp, frame.event, timestamp / 8))
          if (change.kind === 'pressed') pressed += change.digit;
      }
      timestamp += 160;
    }
    expect(pressed).toBe('09*#AD11');
  });

  it('refuses what is no digit before anything is sent', () => {
    for (const digits of ['12x', ' ', '1-2', '😀']) expect(() => framesOfDigits(digits)).toThrow(DigitsError);
    expect([...framesOfDigits('')]).toEqual([]);
  });
});
