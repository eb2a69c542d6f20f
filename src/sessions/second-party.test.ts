import { expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import type { PartyOrder } from '../flow/second-party.ts';
import { silentLogger } from '../kernel/log.ts';
import { ringing } from '../telephony/audio/tone.ts';
import { nothingSeen } from '../telephony/media/media-report.ts';
import { HoldableCall } from './holdable-call.ts';
import { SessionParty } from './second-party.ts';
import { Talks } from './talks.ts';

it('calls nobody when the call is over before anybody is called', async () => {
  const { caller, clock, finish } = await twoEngines();
  let placed = 0;
  const line = new HoldableCall({ call: caller, holdMusic: ringing, note() {}, onChanged() {} });
  const party = new SessionParty(line, {
    accountId: 'account-1',
    ownNumber: '+18144043000',
    otherSide: '+15550002',
    directory: {
      phoneNumbers: { ownedVoiceNumbers: async () => [{ endpointId: 'endpoint-1', e164: '+18144043000' }] },
      trunks: { ofAccount: async () => [] },
      users: { bindings: async () => [], find: async () => undefined },
      endpoints: { find: async () => undefined },
    },
    place: async (call) => {
      placed++;
      call.ended({ why: 'failed' }, nothingSeen);
    },
    recordings: { newPath: () => '', leave() {}, save: async () => '', discard: async () => {} },
    talks: new Talks(),
    sessionId: 'session-1',
    log: silentLogger,
    onPartyState() {},
    onPartyReport() {},
    note() {},
    clock,
  });
  const order: PartyOrder = {
    parties: [{ number: '+18144043111' }],
    callerId: undefined,
    ringTimeoutMs: 1000,
    meanwhile: ringing(),
    hearsEarlyMedia: false,
    whisper: undefined,
    acceptKeys: '',
    allowTransfer: false,
    record: false,
  };
  await expect(party.call(order, AbortSignal.abort(new Error('The call is over')))).rejects.toThrow('The call is over');
  expect(placed).toBe(0);
  line.close();
  await finish();
});
