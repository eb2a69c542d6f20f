import { describe, expect, it } from 'vitest';
import { makePrompt } from '../telephony/audio/make-prompt.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { PromptMemory } from './prompt-memory.ts';

function promptOf(samples: number): Prompt {
  return makePrompt(new Int16Array(samples));
}

describe('prompts in memory', () => {
  it('are the very same object each time', () => {
    const memory = new PromptMemory(100_000);
    const prompt = promptOf(800);
    memory.put('a', prompt);
    expect(memory.get('a')).toBe(prompt);
    expect(memory.get('b')).toBeUndefined();
  });

  it('go when the limit is reached, the least recently used first', () => {
    const memory = new PromptMemory(3 * (2 * 5000 + 512));
    for (const key of ['a', 'b', 'c']) memory.put(key, promptOf(5000));
    memory.get('a');
    memory.put('d', promptOf(5000));
    expect(['a', 'b', 'c', 'd'].map((key) => memory.get(key) !== undefined)).toEqual([true, false, true, true]);
    expect(memory.bytes).toBeLessThanOrEqual(3 * (2 * 5000 + 512));
  });

  it('are counted once when put again, and a larger one makes room', () => {
    const memory = new PromptMemory(20_000);
    for (let count = 0; count < 5; count++) memory.put('a', promptOf(1000));
    expect(memory.bytes).toBe(2 * 1000 + 512);
    memory.put('b', promptOf(9000));
    expect(memory.get('a')).toBeUndefined();
    expect(memory.bytes).toBe(2 * 9000 + 512);
  });

  it('are not kept when larger than the limit; nothing else goes for them', () => {
    const memory = new PromptMemory(10_000);
    memory.put('a', promptOf(1000));
    memory.put('b', promptOf(6000));
    expect(memory.get('b')).toBeUndefined();
    expect(memory.get('a')).toBeDefined();
  });
});
