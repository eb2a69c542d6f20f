import { expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import type { SessionPartyReport } from '../contracts/sessions.ts';
import { nothingSeen } from '../telephony/media/media-report.ts';
import type { PartyCall } from './party-call.ts';
import { PartyCalls } from './party-calls.ts';

const CALLER_ID = '+18144043000';
const FRIEND = '+18144043111';

it('a call beside that of a session is found by its Call-ID for as long as it is one of the session, and not over', async () => {
  const near = await twoEngines();
  const placed: PartyCall[] = [];
  const reports: SessionPartyReport[] = [];
  const calls = new PartyCalls(near.caller, {
    accountId: 'account-1',
    ownNumber: CALLER_ID,
    otherSide: '+15550002',
    directory: {
      phoneNumbers: { ownedVoiceNumbers: async () => [{ endpointId: 'endpoint-1', e164: CALLER_ID }] },
      trunks: { ofAccount: async () => [] },
      users: { bindings: async () => [], find: async () => undefined },
      endpoints: { find: async () => undefined },
    },
    place: async (call) => {
      call.sent(`${placed.push(call)}@call`);
    },
    onPartyState() {},
    onPartyReport: (report) => reports.push(report),
    note() {},
  });
  const order = { parties: [{ number: FRIEND }], callerId: undefined, ringTimeoutMs: 1000 };
  for (let times = 0; times < 2; times++) await calls.placeAll(order, new AbortController().signal);
  const [one, two] = placed;
  if (!one || !two) throw new Error('nothing was placed');
  expect([calls.find('1@call'), calls.find('2@call')]).toEqual([one, two]);
  one.ended({ why: 'callee-hung-up' }, nothingSeen);
  await one.over;
  calls.disown(two);
  expect([calls.find('1@call'), calls.find('2@call')]).toEqual([undefined, undefined]);
  expect(reports.map(({ callSid }) => callSid)).toEqual(['1@call']);
  await near.finish();
});
