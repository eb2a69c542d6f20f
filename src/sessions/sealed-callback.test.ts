import { expect, it } from 'vitest';
import { secretBox } from '../store/secret-box.ts';
import { openCallback, sealCallback } from './sealed-callback.ts';

const url = 'https://ada:secret@hooks.example.com/calls?token=17';

it('is read back by servers with the same key for the same session, and by nobody else', () => {
  const box = secretBox('the key of the servers');
  const stored = sealCallback(box, 's1', { url, events: ['Completed'] });
  for (const part of ['ada', 'secret', 'hooks', '17']) expect(JSON.stringify(stored)).not.toContain(part);
  expect(openCallback(secretBox('the key of the servers'), 's1', stored)).toEqual({ url, events: ['Completed'] });
  expect(openCallback(box, 's2', stored)).toBeUndefined();
  expect(openCallback(secretBox('another key, later'), 's1', stored)).toBeUndefined();
});
