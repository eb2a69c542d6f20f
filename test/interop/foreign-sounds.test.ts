import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DtmfDetector } from '../../src/telephony/audio/dtmf-detector.ts';
import { decodeG711 } from '../../src/telephony/audio/g711.ts';
import { keysOfSox, type Pressed, soundOf, spokenPrompts, tonesOfSox } from '../support/sox.ts';

// The detector of keys beside what others make: the tones of sox, and people who speak.

const KEYS = '0123456789*#ABCD';
const SAMPLE_RATE = 8000;
const CAPTURE_HEADER = 24;
const RECORD_HEADER = 16;
/** Of Ethernet, IPv4, UDP and RTP. */
const BEFORE_PAYLOAD = 14 + 20 + 8 + 12;

function heardIn(samples: Int16Array): string {
  let keys = '';
  const detector = new DtmfDetector(({ kind, digit }) => {
    if (kind === 'pressed') keys += digit;
  });
  detector.hear(samples);
  return keys;
}

/** Its audio, in A-law: the payloads of RTP over UDP, IPv4 and Ethernet, one after the other (the file of tcpdump that sipp plays). */
function callOfSipp(): Uint8Array {
  const capture = readFileSync('/usr/share/sip-tester/g711a.pcap');
  const payloads: Uint8Array[] = [];
  for (let at = CAPTURE_HEADER; at < capture.length; ) {
    const length = capture.readUInt32LE(at + 8);
    at += RECORD_HEADER;
    payloads.push(capture.subarray(at + BEFORE_PAYLOAD, at + length));
    at += length;
  }
  return Buffer.concat(payloads);
}

const louder = (samples: Int16Array, gain: number): Int16Array =>
  samples.map((sample) => Math.max(-32_768, Math.min(32_767, sample * gain)));

describe('a key that sox makes', () => {
  it.each<[string, Pressed]>([
    ['for 80 ms', {}],
    ['for 45 ms, and 45 ms after the one before', { ms: 45, pauseMs: 45 }],
    ['as loud as can be', { peakDb: -0.1 }],
    ['softly', { peakDb: -30 }],
    ['with a column that is 4 dB stronger', { twistDb: 4 }],
    ['with a row that is 8 dB stronger', { twistDb: -8 }],
    ['1.5 % too high', { off: 0.015 }],
    ['1.5 % too low', { off: -0.015 }],
    ['over noise', { noiseDb: -15 }],
  ])('is heard, once: %s', (_how, pressed) => {
    expect(heardIn(keysOfSox(KEYS, pressed))).toBe(KEYS);
  });

  it.each<[string, Pressed]>([
    ['for 15 ms', { ms: 15 }],
    ['4 % too high', { off: 0.04 }],
    ['4 % too low', { off: -0.04 }],
    ['with a column that is 12 dB stronger', { twistDb: 12 }],
    ['with a row that is 14 dB stronger', { twistDb: -14 }],
  ])('is not heard: %s', (_how, pressed) => {
    expect(heardIn(keysOfSox(KEYS, pressed))).toBe('');
  });
});

describe('the tone of a line', () => {
  it.each([
    ['to dial', [350, 440]],
    ['to dial, in Europe', [425]],
    ['of ringing', [440, 480]],
    ['of being busy', [480, 620]],
    ['of information', [950]],
    ['of information, the second', [1400]],
    ['of information, the third', [1800]],
    ['of a fax that calls', [1100]],
    ['of a fax that answers', [2100]],
    ['of a row without a column', [770]],
    ['of a column without a row', [1336]],
    ['of two columns', [1209, 1477]],
  ])('is no key: %s', (_what, hz) => {
    expect(heardIn(tonesOfSox(hz, 2))).toBe('');
  });
});

describe('people who speak', () => {
  it.each([0.25, 1, 2])(
    'are never taken for a key: all prompts of Asterisk, %d times as loud',
    (gain) => {
      const speech = soundOf(spokenPrompts(/\.gsm$/));
      expect(speech.length / SAMPLE_RATE).toBeGreaterThan(1200);
      expect(heardIn(louder(speech, gain))).toBe('');
    },
    60_000,
  );

  it('are never taken for a key: the call that sipp brings along', () => {
    const captured = callOfSipp();
    const speech = new Int16Array(captured.length);
    decodeG711('PCMA', captured, speech);
    expect(speech.length / SAMPLE_RATE).toBeGreaterThan(5);
    for (const gain of [0.25, 1, 2]) expect(heardIn(louder(speech, gain))).toBe('');
  });
});
