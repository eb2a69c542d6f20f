import { describe, expect, it } from 'vitest';
import { FakeLeg } from '../../test/support/fake-leg.ts';
import { promptNamed } from '../../test/support/flow-call.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { RepeatedPrompt } from './repeated-prompt.ts';

const scene = (durationMs = 1000) => {
  const clock = new VirtualClock();
  const leg = new FakeLeg(clock);
  return { clock, leg, music: new RepeatedPrompt(leg, promptNamed('music', durationMs)) };
};

describe('a prompt that is repeated', () => {
  it('begins at once, and anew whenever it has come to its end', async () => {
    const { clock, leg, music } = scene();
    expect(leg.heard).toHaveLength(1);
    await clock.advance(3500);
    expect(leg.heard).toEqual(['music', 'music', 'music', 'music']);
    music.stop();
    music.stop();
    await clock.advance(5000);
    expect([leg.heard.length, clock.pendingTimers]).toEqual([4, 0]);
  });

  it('is silent while anything else is played', async () => {
    const { clock, leg, music } = scene();
    music.pause();
    music.pause();
    music.goOn();
    await clock.advance(5000);
    expect(leg.heard).toHaveLength(1);
    music.goOn();
    expect(leg.heard).toHaveLength(2);
    music.pause();
    music.stop();
    music.goOn();
    await clock.advance(5000);
    expect(leg.heard).toHaveLength(2);
  });

  it('of no length is not played at all', () => {
    expect(scene(0).leg.heard).toEqual([]);
  });
});
