import { expect, it } from 'vitest';
import { incomingScene } from '../support/incoming-scene.ts';

// The account owns +18144043000.

const national = {
  calledFormat: { style: 'National', countryCode: '1', nationalPrefix: '0' },
  callerFormat: { style: 'National', countryCode: '49' },
} as const;

it.each([
  ['in the Request-URI', { dialled: '08144043000', from: '089123456' }, [], '+4989123456'],
  [
    'in To, with an asserted caller',
    { dialled: 'line', to: '08144043000', from: 'pbx' },
    ['P-Asserted-Identity: <sip:089123456@10.0.0.2>'],
    '+4989123456',
  ],
  ['from abroad', { dialled: '08144043000', from: '0033123456789' }, [], '+33123456789'],
  ['from somebody without a number', { dialled: '08144043000', from: 'reception' }, [], 'reception'],
] as const)('a call of a trunk that writes numbers nationally finds its number: %s', async (_what, call, lines, from) => {
  const { caller, session, finish } = incomingScene({ trunk: national });
  await caller.invite({ ...call, lines });
  await caller.ack();
  expect(caller.statuses()).toEqual([100, 180, 200]);
  expect(session()?.row).toMatchObject({ toAddress: '+18144043000', fromAddress: from });
  await finish();
});

it('a number that is written in another way than its trunk does is not found', async () => {
  const { caller, finish } = incomingScene({ trunk: national });
  await caller.invite({ dialled: '8144043000' });
  await caller.ack({ refused: true });
  expect(caller.statuses()).toEqual([100, 404]);
  await finish();
});
