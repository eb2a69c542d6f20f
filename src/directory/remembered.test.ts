import { expect, it } from 'vitest';
import { Remembered } from './remembered.ts';

it('loads once, for all who ask at once and afterwards', async () => {
  let loads = 0;
  const remembered = new Remembered(async (key) => `${key}${++loads}`, 10);
  expect(await Promise.all([remembered.get('a'), remembered.get('a')])).toEqual(['a1', 'a1']);
  expect(await remembered.get('a')).toBe('a1');
  remembered.forget('a');
  expect(await remembered.get('a')).toBe('a2');
});

it('does not keep what does not exist, nor a failure', async () => {
  const answers = [async () => undefined, async () => Promise.reject(new Error('away')), async () => 'there'];
  const remembered = new Remembered(() => (answers.shift() ?? answers[0])?.() ?? Promise.resolve(undefined), 10);
  expect(await remembered.get('a')).toBeUndefined();
  await expect(remembered.get('a')).rejects.toThrow('away');
  expect(await remembered.get('a')).toBe('there');
});

it('does not keep a value that changed while it was loaded', async () => {
  const values = ['old', 'new'];
  const finish: (() => void)[] = [];
  const remembered = new Remembered(() => {
    const value = values.shift();
    return new Promise<string | undefined>((resolve) => finish.push(() => resolve(value)));
  }, 10);
  const before = remembered.get('a');
  remembered.forget('a');
  const after = remembered.get('a');
  for (const run of finish) run();
  expect(await before).toBe('old');
  expect(await after).toBe('new');
  expect(await remembered.get('a')).toBe('new');
});

it('keeps a bounded number', async () => {
  let loads = 0;
  const remembered = new Remembered(async () => ++loads, 3);
  for (const key of ['a', 'b', 'c', 'd']) await remembered.get(key);
  await remembered.get('d');
  expect(loads).toBe(4);
  await remembered.get('a');
  expect(loads).toBe(5);
});

it('forgets what is stale, and what is being loaded, and nothing else', async () => {
  let loads = 0;
  const remembered = new Remembered(async (key) => `${key}${++loads}`, 10);
  await Promise.all([remembered.get('a'), remembered.get('b')]);
  const loading = remembered.get('c');
  remembered.forgetWhere((value) => value.startsWith('a'));
  expect(await loading).toBe('c3');
  expect(await Promise.all(['a', 'b', 'c'].map((key) => remembered.get(key)))).toEqual(['a4', 'b2', 'c5']);
});

it('loads in another way for one asker', async () => {
  const remembered = new Remembered(async () => 'by key', 10);
  expect(await remembered.get('a', async () => 'by asker')).toBe('by asker');
  expect(await remembered.get('a')).toBe('by asker');
});
