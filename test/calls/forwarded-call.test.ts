import { describe, expect, it } from 'vitest';
import { callerId } from '../support/call-world.ts';
import { flowOf } from '../support/flow-builder.ts';
import { incomingScene } from '../support/incoming-scene.ts';

const FORWARDED = '+4930111222';
const flow = flowOf({ bye: ['HangUpNode', { Outcome: 'For {{ Session.ForwardedFrom }}.' }] });

/** What the flow and the operators know of a call with these headers. */
async function told(lines: readonly string[], options: Parameters<typeof incomingScene>[0] = {}) {
  const { caller, session, finish } = incomingScene({ flow, ...options });
  await caller.invite({ lines });
  await caller.ack();
  await finish();
  const { row, outcome, lines: log = [] } = session() ?? {};
  return { stored: row?.extras?.forwardedFrom, outcome, log: log.filter((line) => line.startsWith('Forwarded')) };
}

describe('a call that was forwarded to a number of ours', () => {
  it.each([
    ['Diversion', [`Diversion: <sip:${FORWARDED}@carrier.example>;reason=unconditional;counter=1`]],
    ['Diversion with a tel URI', ['Diversion: <tel:+49-30-111222>;reason=user-busy']],
    ['History-Info', [`History-Info: <sip:${FORWARDED}@h>;index=1, <sip:${callerId}@h;cause=302>;index=1.1`]],
  ])('tells its flow, its session and its log for whom it was, by %s', async (_what, lines) => {
    expect(await told(lines)).toEqual({ stored: FORWARDED, outcome: `For ${FORWARDED}.`, log: [`Forwarded from ${FORWARDED}`] });
  });

  it('tells who has forwarded it last; for whom it was at first is in the log', async () => {
    const lines = [`Diversion: <sip:${FORWARDED}@h>;reason=no-answer`, 'Diversion: <sip:+4930333444@h>;reason=user-busy'];
    expect(await told(lines)).toMatchObject({
      outcome: `For ${FORWARDED}.`,
      log: [`Forwarded from ${FORWARDED}; it was for +4930333444 at first`],
    });
  });

  it('reads numbers as the trunk writes those of callers, and leaves names as they are', async () => {
    const trunk = { callerFormat: { style: 'National', countryCode: '49' } } as const;
    expect(await told(['Diversion: <sip:030111222@h>'], { trunk })).toMatchObject({ outcome: `For ${FORWARDED}.` });
    expect(await told(['Diversion: <sip:switchboard@h>'])).toMatchObject({ outcome: 'For switchboard.' });
  });

  it('leaves out the number that is called itself', async () => {
    const lines = [`Diversion: <sip:${callerId}@h>;reason=deflection`, `Diversion: <sip:${FORWARDED}@h>;reason=no-answer`];
    expect(await told(lines)).toMatchObject({ outcome: `For ${FORWARDED}.`, log: [`Forwarded from ${FORWARDED}`] });
    expect(await told(lines.slice(0, 1))).toMatchObject({ stored: undefined, outcome: 'For .', log: [] });
  });
});

describe('a call that was not forwarded, or does not say so in a way that can be read,', () => {
  it.each([
    ['nothing', []],
    ['something broken', ['Diversion: <sip:+4930111', 'History-Info: ;;;']],
    ['somebody without a user', ['Diversion: <sip:carrier.example>']],
    ['somebody who hides', [`Diversion: <sip:${FORWARDED}@h>;privacy=full`]],
    ['control characters only', ['Diversion: <sip:%07%00@h>']],
  ])('is for nobody else: with %s', async (_what, lines) => {
    expect(await told(lines)).toEqual({ stored: undefined, outcome: 'For .', log: [] });
  });

  it('is stored with a short text at most', async () => {
    const { stored } = await told([`Diversion: <sip:${'a'.repeat(1000)}@h>`]);
    expect(stored).toBe('a'.repeat(64));
  });
});
