import { describe, expect, it } from 'vitest';
import { newRtpHeader, readRtpHeader, writeRtpHeader } from '../rtp/packet.ts';
import { writeTelephoneEvent } from '../rtp/telephone-event.ts';
import { Latch } from './latch.ts';
import { RtpReceiver } from './rtp-receiver.ts';

const remote = { address: '192.0.2.1', port: 4000 };
const agreed = { remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' } as const;

/** A receiver, and what it hears, as words. */
function receiving() {
  const latch = new Latch();
  latch.aim(remote);
  const said: string[] = [];
  const receiver = new RtpReceiver(latch, {
    digit: ({ kind, digit }) => said.push(`${digit} ${kind}`),
    audio: (_codec, _payload, _timestamp, _newest, _nowMs, sequence) => said.push(`audio ${sequence}`),
    noise: () => said.push('noise'),
    event: () => {},
    restarted: () => said.push('anew'),
  });
  const take = (ssrc: number, payloadType: number, sequence: number, payload: Uint8Array, nowMs = 0): boolean => {
    const bytes = new Uint8Array(12 + payload.length);
    writeRtpHeader(bytes, false, payloadType, sequence, sequence * 160, ssrc);
    bytes.set(payload, 12);
    expect(readRtpHeader(bytes, newRtpHeader())).toBe(true);
    return receiver.receive(bytes, remote, agreed, nowMs);
  };
  const speak = (ssrc: number, sequence: number, nowMs = 0): boolean => take(ssrc, 0, sequence, new Uint8Array(160), nowMs);
  const hold = (ssrc: number, sequence: number, event: number): boolean => {
    const payload = new Uint8Array(4);
    writeTelephoneEvent(payload, 0, { event, end: false, duration: 160 });
    return take(ssrc, 101, sequence, payload);
  };
  return { receiver, said, speak, hold };
}

describe('another source of the peer', () => {
  it('begins anew, releases the key that was down, and forgets the jitter of the one before', () => {
    const { receiver, said, speak, hold } = receiving();
    speak(1, 10);
    speak(1, 11, 90);
    expect(receiver.source?.jitter).toBeGreaterThan(0);
    hold(1, 12, 5);
    speak(2, 900, 100);
    expect(said).toEqual(['audio 10', 'audio 11', '5 pressed', '5 released', 'anew', 'audio 900']);
    expect(receiver.source).toMatchObject({ ssrc: 2, jitter: 0, expected: 1, received: 1 });
    speak(2, 901, 120);
    expect(receiver.source?.jitter).toBe(0);
  });

  it('is told only once', () => {
    const { said, speak } = receiving();
    for (const sequence of [10, 11]) speak(1, sequence);
    for (const sequence of [50, 51]) speak(2, sequence);
    expect(said.filter((each) => each === 'anew')).toHaveLength(1);
  });
});

describe('a packet far from the others in sequence', () => {
  it('is not heard, unless the next one follows it', () => {
    const { receiver, said, speak } = receiving();
    speak(1, 10);
    expect(speak(1, 20_000)).toBe(false);
    expect(speak(1, 11)).toBe(true);
    expect([speak(1, 30_000), speak(1, 30_001)]).toEqual([false, true]);
    expect(said).toEqual(['audio 10', 'audio 11', 'audio 30001']);
    expect(receiver.reception.received).toBe(3);
  });
});
