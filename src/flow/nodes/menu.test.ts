import { describe, expect, it } from 'vitest';
import type { CalleeScript } from '../../../test/support/fake-leg.ts';
import { compiled, into, type ShortParameter, to } from '../../../test/support/flow-builder.ts';
import { runOnCall } from '../../../test/support/flow-call.ts';

async function menu(parameters: Record<string, ShortParameter>, script: CalleeScript = {}) {
  const flow = compiled({
    menu: ['MenuNode', { Prompt: 'Choose', Choice: into('Choice'), ...parameters }],
    end: ['HangUpNode'],
  });
  const { result, call } = await runOnCall(flow, { script });
  return { left: call.leftBy('menu'), choice: result.session.Choice, heard: call.leg.heard, atMs: call.clock.now(), end: result.end };
}

describe('Menu', () => {
  it('goes on by the choice that was pressed', async () => {
    const outcome = await menu({ Choices: ['1', '2'], '2': to('end') }, { presses: [{ atMs: 1200, keys: '2' }] });
    expect(outcome).toMatchObject({ left: '2', choice: '2', end: { why: 'hung-up' } });
  });

  it('asks three times in all when nothing is pressed', async () => {
    expect(await menu({ Choices: ['1'] })).toMatchObject({ left: 'NoInput', choice: '', heard: ['Choose', 'Choose', 'Choose'] });
  });

  it('says what was wrong and asks again', async () => {
    const script = {
      presses: [
        { atMs: 1200, keys: '9' },
        { atMs: 3400, keys: '1' },
      ],
    };
    const outcome = await menu({ Choices: ['1'], InvalidPrompt: 'Not that' }, script);
    expect(outcome).toMatchObject({ left: '1', heard: ['Choose', 'Not that', 'Choose'] });
  });

  it('leaves by NoMatch when the last attempt was a wrong one', async () => {
    const script = { presses: [{ atMs: 7000, keys: '9' }] };
    expect(await menu({ Choices: ['1'], Attempts: 2 }, script)).toMatchObject({ left: 'NoMatch', choice: '' });
  });

  it('leaves by NoInput when nothing was pressed at the last attempt', async () => {
    const script = { presses: [{ atMs: 1500, keys: '9' }] };
    expect(await menu({ Choices: ['1'], Attempts: 2 }, script)).toMatchObject({ left: 'NoInput' });
  });

  it('waits for a longer choice that begins with what was pressed', async () => {
    const choices = { Choices: ['1', '12'] };
    expect(
      await menu(choices, {
        presses: [
          { atMs: 1200, keys: '1' },
          { atMs: 2200, keys: '2' },
        ],
      }),
    ).toMatchObject({ left: '12' });
    expect(await menu(choices, { presses: [{ atMs: 1200, keys: '1' }] })).toMatchObject({ left: '1' });
    expect(await menu(choices, { presses: [{ atMs: 1200, keys: '1#' }] })).toMatchObject({ left: '1' });
  });

  it('does not wait for more once no choice begins with it', async () => {
    const outcome = await menu({ Choices: ['1', '22'], '1': to('end') }, { presses: [{ atMs: 1200, keys: '1' }] });
    expect(outcome.end).toEqual({ why: 'hung-up' });
  });

  it('takes a wrong input as a whole, so that its rest is not an answer to the next question', async () => {
    const script = {
      presses: [
        { atMs: 1200, keys: '92' },
        { atMs: 2500, keys: '2' },
      ],
    };
    expect(await menu({ Choices: ['2', '11'] }, script)).toMatchObject({ left: '2', heard: ['Choose', 'Choose'] });
  });

  it('may have # in a choice', async () => {
    expect(await menu({ Choices: ['#1'] }, { presses: [{ atMs: 1200, keys: '#1' }] })).toMatchObject({ left: '#1' });
  });

  it('ends the flow when the choice is not connected', async () => {
    expect(await menu({ Choices: ['1'] }, { presses: [{ atMs: 1200, keys: '1' }] })).toMatchObject({ end: { why: 'completed' } });
  });
});
