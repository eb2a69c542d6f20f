import { describe, expect, it } from 'vitest';
import { beep } from '../../src/telephony/audio/tone.ts';
import { outcomeOf } from '../support/sip-call.ts';
import { twoEngines } from '../support/two-engines.ts';

const never = new AbortController().signal;
const both = { fromCaller: 50, fromCallee: 50 };
const anyDigit = { max: 1, terminators: '', firstMs: 1000, betweenMs: 1000 };

/** `a=` direction lines of the descriptions that were sent. */
const directionsIn = (texts: readonly string[]): string[] =>
  texts.flatMap((text) => /^a=(send\w+|recvonly|inactive)\r$/m.exec(text)?.[1] ?? []);

describe.each(['caller', 'callee'] as const)('a hold by the %s', (side) => {
  const other = side === 'caller' ? 'callee' : 'caller';
  const [held, holding] = side === 'caller' ? ['fromCallee', 'fromCaller'] : ['fromCaller', 'fromCallee'];

  it.each(['off', 'required'] as const)('silences the other side until the resume; SRTP: %s', async (srtp) => {
    const call = await twoEngines({ srtp });
    expect(await call.aSecond()).toEqual(both);
    call.texts.length = 0;
    const hold = outcomeOf(call[side].hold(true, never));
    await call.clock.advance(10);
    expect(hold).toEqual({ value: undefined });
    expect(directionsIn(call.texts)).toEqual(['sendonly', 'recvonly']);
    expect(await call.aSecond()).toMatchObject({ [held]: 0, [holding]: 50 });
    call.texts.length = 0;
    const resume = outcomeOf(call[side].hold(false, never));
    await call.clock.advance(10);
    expect(resume).toEqual({ value: undefined });
    expect(directionsIn(call.texts)).toEqual(['sendrecv', 'sendrecv']);
    expect(await call.aSecond()).toEqual(both);
    const pressed = outcomeOf(call[side].collect(anyDigit, never));
    void call[other].sendDigits('7', never);
    await call.clock.advance(1000);
    expect(pressed).toEqual({ value: { digits: '7', why: 'complete' } });
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  });

  it('plays music to the other side meanwhile', async () => {
    const call = await twoEngines();
    void call[side].hold(true, never);
    await call.clock.advance(10);
    const played = outcomeOf(call[side].play(beep(), { interruptible: false }, never));
    expect(await call.aSecond()).toMatchObject({ [held]: 0, [holding]: 50 });
    expect(played).toEqual({ value: 'finished' });
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  });

  it('stays when the other side holds and resumes too', async () => {
    const call = await twoEngines();
    for (const [who, on] of [
      [side, true],
      [other, true],
    ] as const) {
      void call[who].hold(on, never);
      await call.clock.advance(10);
    }
    expect(await call.aSecond()).toEqual({ fromCaller: 0, fromCallee: 0 });
    void call[other].hold(false, never);
    await call.clock.advance(10);
    expect(await call.aSecond()).toMatchObject({ [held]: 0, [holding]: 50 });
    void call[side].hold(false, never);
    await call.clock.advance(10);
    expect(await call.aSecond()).toEqual(both);
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  });

  it('outlives an hour of session refreshes, and is in what is stored', async () => {
    const call = await twoEngines();
    void call[side].hold(true, never);
    await call.clock.advance(3_600_000);
    expect(await call.aSecond()).toMatchObject({ [held]: 0, [holding]: 50 });
    expect(call.sides[side].state).toMatchObject({ media: { direction: 'sendonly' }, dialog: { sessionTimer: { intervalMs: 1_800_000 } } });
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  }, 60_000);
});

describe('two holds that collide', () => {
  it('both come about', async () => {
    const call = await twoEngines();
    const holds = [outcomeOf(call.caller.hold(true, never)), outcomeOf(call.callee.hold(true, never))];
    await call.clock.advance(8_000);
    expect(holds).toEqual([{ value: undefined }, { value: undefined }]);
    expect(call.seen.some((line) => line.includes('491'))).toBe(true);
    expect(await call.aSecond()).toEqual({ fromCaller: 0, fromCallee: 0 });
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  });
});

describe('a hold that comes to nothing', () => {
  it('leaves everything as it was when the wait is given up', async () => {
    const call = await twoEngines();
    call.faults.filter = (bytes) => (Buffer.from(bytes).toString('latin1', 0, 6) === 'INVITE' ? 'drop' : 'pass');
    const giveUp = new AbortController();
    const hold = outcomeOf(call.caller.hold(true, giveUp.signal));
    await call.clock.advance(1000);
    giveUp.abort(new Error('enough'));
    await call.clock.advance(10);
    expect(hold.error).toEqual(new Error('enough'));
    expect(await call.aSecond()).toEqual(both);
    call.faults.filter = undefined;
    await call.clock.advance(40_000);
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  });

  it('fails when the call is over', async () => {
    const call = await twoEngines();
    void call.callee.hangup();
    await call.clock.advance(10);
    expect(call.sides.caller.end?.why).toBe('callee-hung-up');
    await expect(call.caller.hold(true, never)).rejects.toThrow('over');
    expect(await call.finish()).toEqual([0, 0, 0, 0]);
  });
});
