import { expect, it } from 'vitest';
import { nothingSeen } from '../telephony/media/media-report.ts';
import { PartyCall } from './party-call.ts';

const FRIEND = '+18144043111';

it('a call that rings again, or at several phones, is told to ring once', async () => {
  const lines: string[] = [];
  let rings = 0;
  const party = { kind: 'number', name: FRIEND, e164: FRIEND, trunks: [] } as const;
  const call = new PartyCall(
    party,
    (message) => lines.push(message),
    () => rings++,
  );
  for (let times = 0; times < 3; times++) call.ringing();
  call.ended({ why: 'no-answer' }, nothingSeen);
  await call.over;
  expect([lines.filter((line) => line.includes('ringing')), rings]).toEqual([[`${FRIEND} is ringing`], 1]);
});
