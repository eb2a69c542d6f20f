import { expect, it } from 'vitest';
import { nothingLeft, numberToDial } from '../support/call-world.ts';
import { dialled } from '../support/dialled-call.ts';

const FRIEND = '+18144043111';

it.each([
  ['sound', 1, []],
  ['silence', 0xff, ['OnlySilence']],
] as const)('after ringback in the 183 the report tells of the %s that came since the answer', async (_what, says, problems) => {
  const { session, left } = await dialled(
    { [numberToDial]: { announces: 7, answerAfterMs: 4_000, says }, [FRIEND]: { answerAfterMs: 100, says: 2, hangUpAfterMs: 12_000 } },
    { Number: FRIEND },
  );
  const report = session.mediaReport;
  expect(report?.packetsEarly).toBeGreaterThan(150);
  expect(report?.firstAudioMs).toBeLessThan(100);
  expect(report?.silent).toBe(problems.length > 0);
  expect(report?.problems?.map(({ problem }) => problem)).toEqual(problems);
  expect(left).toEqual(nothingLeft);
});
