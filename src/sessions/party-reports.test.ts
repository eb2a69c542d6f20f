import { expect, it } from 'vitest';
import { nothingSeen } from '../telephony/media/media-report.ts';
import { describeParty, PartyReports } from './party-reports.ts';

it('keeps the last 50, however many were called', () => {
  const reports = new PartyReports();
  for (let nth = 0; nth < 1000; nth++) reports.add({ address: String(nth) });
  expect(reports.all).toHaveLength(50);
  expect([reports.all[0], reports.all[49]]).toEqual([{ address: '950' }, { address: '999' }]);
});

it('says 200 of a call that was answered and hung up, and nothing of the audio of one that had none', () => {
  const party = { name: 'Ada', callId: 'call@here', isAnswered: true };
  expect(describeParty(party, { why: 'callee-hung-up' }, nothingSeen)).toEqual({
    address: 'Ada',
    callSid: 'call@here',
    sipCause: 200,
    end: 'The callee hung up',
  });
});
