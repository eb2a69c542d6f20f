import { describe, expect, it } from 'vitest';
import { readDialogState } from './read-dialog-state.ts';

const written = {
  phase: 'confirmed',
  role: 'uac',
  callId: 'call',
  localTag: 'ours',
  remoteTag: 'theirs',
  local: '<sip:a@10.0.0.1>;tag=ours',
  remote: '<sip:b@10.0.0.2>;tag=theirs',
  localCSeq: 7,
  routeSet: ['<sip:p@10.0.0.3;lr>'],
  remoteTarget: 'sip:b@10.0.0.2',
  contact: 'sip:a@10.0.0.1',
  nextHop: { address: '10.0.0.2', port: 5060 },
  transport: 'tcp',
  invite: { cSeq: 6, acked: true },
  allow: ['INVITE', 'BYE'],
  supported: ['timer'],
};

describe('the state of a dialog that was written down', () => {
  it('is read without its session, of which an offer may have been open', () => {
    const session = { openOffer: 'local', localSdp: 'v=0', remoteSdp: 'v=0', sessionTimer: { intervalMs: 90_000 }, remoteCSeq: 3 };
    expect(readDialogState({ ...written, ...session })).toEqual({ ...written, openOffer: 'none' });
  });

  it.each([undefined, null, 'call', 7, [], {}, [written]])('is none when it is %j', (other) => {
    expect(readDialogState(other)).toBeUndefined();
  });

  it.each(Object.keys(written))('is none without its %s, or when that is something else', (name) => {
    for (const value of [undefined, null, true, -1.5, {}, [7]]) {
      expect(readDialogState({ ...written, [name]: value })).toBeUndefined();
    }
  });

  it('is none while the call rings: that is over with the process that carried it', () => {
    expect(readDialogState({ ...written, phase: 'early' })).toBeUndefined();
  });
});
