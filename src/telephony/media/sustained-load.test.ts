import { describe, expect, it } from 'vitest';
import { SustainedLoad } from './sustained-load.ts';

function afterLooks(looks: string): boolean {
  const load = new SustainedLoad();
  for (const look of looks) load.look(look === 'o');
  return load.isOver;
}

describe('SustainedLoad', () => {
  it('is over after four looks in a row, and calm again after four', () => {
    expect(['', 'ooo', 'oooo', 'oooo...', 'oooo....'].map(afterLooks)).toEqual([false, false, true, true, false]);
  });

  it('does not mind a moment', () => {
    expect(['ooo.ooo', 'oooo...o...', 'oooo...o....'].map(afterLooks)).toEqual([false, true, false]);
  });

  it('says when it changes', () => {
    const load = new SustainedLoad();
    expect([...'ooooo....'].map((look) => load.look(look === 'o'))).toEqual([false, false, false, true, false, false, false, false, true]);
  });
});
