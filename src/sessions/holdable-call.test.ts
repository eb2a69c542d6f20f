import { expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import { ringing } from '../telephony/audio/tone.ts';
import type { Prompt } from '../telephony/port.ts';
import { HoldableCall } from './holdable-call.ts';

it('stays joined with somebody else when the one before is gone', async () => {
  const { caller, callee, finish } = await twoEngines();
  const line = new HoldableCall({ call: caller, holdMusic: ringing, note() {}, onChanged() {} });
  const [before, now] = [
    { call: callee, callId: 'before@call' },
    { call: callee, callId: 'now@call' },
  ];
  line.join(before);
  line.join(now);
  line.part(before);
  expect(line.partyCallId).toBe('now@call');
  line.part(now);
  expect(line.partyCallId).toBeUndefined();
  line.close();
  await finish();
});

it('ends a hold whatever the other side says to it, and notes what it was not told', async () => {
  const { caller, clock, faults, finish } = await twoEngines();
  const notes: string[] = [];
  const line = new HoldableCall({ call: caller, holdMusic: ringing, note: (text) => notes.push(text), onChanged() {} });
  const held = line.holdByFlow(ringing());
  await clock.advance(2000);
  await held;
  expect(line.state).toBeDefined();
  faults.filter = () => 'drop';
  const dropped = line.dropByFlow();
  await clock.advance(40_000);
  await dropped;
  expect([line.state, notes]).toEqual([undefined, ['On hold', 'The other side was not told that the hold is over', 'No longer on hold']]);
  faults.filter = undefined;
  line.close();
  await finish();
});

/** Loud all the time, so that a packet of it is known. */
const LOUD = 0x20;
const music = (): Prompt => {
  const bytes = new SharedArrayBuffer(8000);
  new Uint8Array(bytes).fill(LOUD);
  return { id: 'loud', durationMs: 1000, pcmu: bytes, pcma: bytes };
};

/** A call that can be held, with the music that its other side gets; SIP goes lost once `cut` was called. */
async function scene() {
  const { caller, clock, faults, finish } = await twoEngines();
  const notes: string[] = [];
  const line = new HoldableCall({ call: caller, holdMusic: music, note: (text) => notes.push(text), onChanged() {} });
  let loud = 0;
  let isCut = false;
  faults.filter = (bytes) => {
    if ((bytes[0] ?? 0) >> 6 !== 2) return isCut ? 'drop' : 'pass';
    if (bytes[100] === LOUD) loud++;
    return 'pass';
  };
  return {
    clock,
    notes,
    line,
    cut: () => {
      isCut = true;
    },
    async loudIn(ms: number): Promise<number> {
      await clock.advance(20);
      loud = 0;
      await clock.advance(ms);
      return loud;
    },
    async over(): Promise<void> {
      isCut = false;
      line.close();
      await finish();
    },
  };
}

it('stops the music at once when a hold is given up, whenever the other side is told', async () => {
  const { line, clock, cut, loudIn, over } = await scene();
  await line.holdByFlow(music());
  await clock.advance(1000);
  expect(await loudIn(1000)).toBe(50);
  cut();
  const dropped = line.dropByFlow();
  expect(await loudIn(1000)).toBe(0);
  await clock.advance(40_000);
  await dropped;
  await over();
});

it('leaves a hold that somebody else has asked for when the flow ends its own', async () => {
  const { line, loudIn, over } = await scene();
  await line.hold({ holder: 'party', reason: 'None', music: music() });
  const ended = Promise.all([line.dropByFlow(), line.resumeByFlow()]);
  expect(await loudIn(1000)).toBe(50);
  await ended;
  expect(line.state).toBeDefined();
  await over();
});

it('is not held once it is over, and a hold that was being given up then has not ended', async () => {
  const { line, clock, notes, cut, over } = await scene();
  await line.holdByFlow(music());
  await clock.advance(1000);
  cut();
  const dropped = line.dropByFlow();
  await clock.advance(100);
  line.close();
  await dropped;
  expect([line.isOver, line.state, notes]).toEqual([true, undefined, ['On hold', 'The other side was not told that the hold is over']]);
  await line.hold({ holder: 'party', reason: 'None', music: music() });
  expect([line.state, notes.length]).toEqual([undefined, 2]);
  await over();
});

it('tells nobody of the end of a hold who is gone', async () => {
  const { caller, callee, seen, clock, finish } = await twoEngines();
  const line = new HoldableCall({ call: caller, holdMusic: music, note() {}, onChanged() {} });
  const party = { call: callee, callId: 'party@call' };
  line.join(party);
  const held = line.hold({ holder: 'session', reason: 'None', music: music() });
  await clock.advance(500);
  await held;
  const changes = (): string[] => seen.filter((message) => message === '<- INVITE');
  expect(changes()).toHaveLength(1);
  line.part(party);
  await clock.advance(500);
  expect(changes()).toHaveLength(1);
  expect(line.state).toBeUndefined();
  line.close();
  await finish();
});
