import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { wavHeader } from '../../telephony/audio/wav.ts';
import type { TimedPhoneEvent } from '../phone/phone-event.ts';
import { type DemoRun, judgeDemo } from './judge-demo.ts';

const flow = JSON.parse(readFileSync(fileURLToPath(new URL('../../../examples/welcome.flow.json', import.meta.url)), 'utf8'));

/** A WAV file at 8000 Hz that is loud in these stretches. */
function wav(durationMs: number, loud: readonly (readonly [fromMs: number, toMs: number])[]): Uint8Array {
  const bytes = Buffer.alloc(durationMs * 16);
  for (const [fromMs, toMs] of loud) {
    for (let sample = fromMs * 8; sample < toMs * 8; sample += 1) bytes.writeInt16LE(sample % 2 === 0 ? 4000 : -4000, sample * 2);
  }
  return Buffer.concat([wavHeader(8000, bytes.length), bytes]);
}

const events: readonly TimedPhoneEvent[] = [
  { event: 'listening', atMs: 0, host: '127.0.0.1', port: 5070 },
  { event: 'invite', atMs: 1002, call: 1, callId: 'c', from: 'f', to: 't' },
  { event: 'answered', atMs: 2000, call: 1 },
  { event: 'digit', atMs: 8200, call: 1, digit: '1' },
  { event: 'bye', atMs: 12_000, call: 1, by: 'peer' },
  { event: 'first-audio', atMs: 12_000, call: 1, afterAnswerMs: 0.8, packets: 500, lost: 0 },
  { event: 'recording', atMs: 12_000, call: 1, file: '/tmp/heard.wav', durationMs: 10_000, soundMs: 7000, loudnessDb: -20 },
  { event: 'over', atMs: 12_000, call: 1 },
];

const good: DemoRun = {
  events,
  session: { outcome: 'Completed', ended: true, log: [{ message: 'Route: 1' }, { message: 'Sales (SayNode)' }] },
  flow,
  digit: '1',
  wav: () =>
    wav(10_000, [
      [0, 5000],
      [6500, 9000],
    ]),
  requestedMs: 1000,
  acceptedMs: 1003,
};

const replaced = (event: TimedPhoneEvent): readonly TimedPhoneEvent[] => events.map((old) => (old.event === event.event ? event : old));

describe('the verdict on a demo call', () => {
  it('is good when everything was heard and the branch taken', () => {
    const { good: passed, lines } = judgeDemo(good);
    expect(passed).toBe(true);
    expect(lines.join('\n')).toContain('request to INVITE at the phone  2.0 ms');
    expect(lines.join('\n')).toContain('200 OK to the first audio       0.8 ms');
    expect(lines.join('\n')).toContain('/tmp/heard.wav');
  });

  it.each<[string, Partial<DemoRun>]>([
    ['the session ended as Completed', { session: { ...good.session, outcome: 'CalleeHungUp' } }],
    ['greeting and question were heard', { wav: () => wav(10_000, [[6500, 9000]]) }],
    ['the sentence after the digit was heard', { wav: () => wav(10_000, [[0, 6000]]) }],
    [
      'the recording is as long as the call',
      { events: replaced({ event: 'recording', atMs: 0, call: 1, file: 'x', durationMs: 9000, soundMs: 7000, loudnessDb: -20 }) },
    ],
    ['no audio was lost', { events: replaced({ event: 'first-audio', atMs: 0, call: 1, afterAnswerMs: 1, packets: 480, lost: 20 }) }],
    ['the flow took the branch of the digit (Sales)', { session: { ...good.session, log: [{ message: 'Support (SayNode)' }] } }],
    ['the flow took the branch of the digit (Support)', { digit: '2' }],
    ['the flow took the branch of the digit (none)', { digit: '9' }],
  ])('is bad unless %s', (what, change) => {
    const { good: passed, lines } = judgeDemo({ ...good, ...change });
    expect(passed).toBe(false);
    expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([`FAILED  ${what}`]);
  });

  it('is bad when the call never got through', () => {
    const { good: passed, lines } = judgeDemo({ ...good, events: events.slice(0, 2) });
    expect(passed).toBe(false);
    expect(lines).toEqual(['FAILED  The call did not get through: the phone saw only listening, invite.']);
  });
});
