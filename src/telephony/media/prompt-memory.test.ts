import { describe, expect, it } from 'vitest';
import { countingPrompt } from '../../../test/support/media-rig.ts';
import { PromptMemory } from './prompt-memory.ts';

const kinds = (memory: PromptMemory, id: string, bytes = 500): string[] =>
  memory.use(countingPrompt(id, bytes)).map((command) => {
    if (command.kind === 'remember') return `remember ${command.prompt.id}`;
    return command.kind === 'forget' ? `forget ${command.promptId}` : command.kind;
  });

describe('PromptMemory', () => {
  it('sends a prompt once', () => {
    const memory = new PromptMemory(10_000);
    expect(kinds(memory, 'a')).toEqual(['remember a']);
    expect(kinds(memory, 'a')).toEqual([]);
  });

  it('forgets what was not played for longest when the bytes are used up', () => {
    const memory = new PromptMemory(3_000);
    for (const id of ['a', 'b', 'c', 'a']) kinds(memory, id);
    expect(kinds(memory, 'd')).toEqual(['remember d', 'forget b']);
    expect(kinds(memory, 'a')).toEqual([]);
    expect(kinds(memory, 'b')).toEqual(['remember b', 'forget c']);
  });

  it('sends a prompt that alone is too large, and nothing else stays', () => {
    const memory = new PromptMemory(3_000);
    kinds(memory, 'a');
    expect(kinds(memory, 'large', 9_000)).toEqual(['remember large', 'forget a']);
    expect(kinds(memory, 'large', 9_000)).toEqual([]);
    expect(kinds(memory, 'b')).toEqual(['remember b', 'forget large']);
  });
});
