import { describe, expect, it } from 'vitest';
import { twoEngines } from '../../test/support/two-engines.ts';
import { nothingSeen } from '../telephony/media/media-report.ts';
import type { AnsweredCall, LegEnd } from '../telephony/port.ts';
import { ConferenceGuests } from './conference-guests.ts';
import type { PartyCall } from './party-call.ts';
import type { PlaceParty } from './party-placement.ts';

const friend = { kind: 'number', name: '+18144043111', e164: '+18144043111', trunks: [] } as const;
const hungUp: LegEnd = { why: 'callee-hung-up' };

/** Those whom a session calls into a conference that has no room. */
async function guests(place: PlaceParty = () => Promise.reject(new Error('not placed here'))) {
  const call = await twoEngines();
  const entered: AnsweredCall[] = [];
  const enter = (answered: AnsweredCall) => {
    entered.push(answered);
    return undefined;
  };
  const all = new ConferenceGuests({ place, enter, note() {}, onChanged() {}, onReport() {} });
  return { all, call, entered };
}

describe('those who are called into a conference', () => {
  it('are hung up on when they are placed after the end of the session', async () => {
    let placed = (): void => {};
    let ends = 0;
    const place = (party: PartyCall) =>
      new Promise<void>((resolve) => {
        placed = () => {
          party.attach({
            async end() {
              ends++;
              party.ended(hungUp, nothingSeen);
            },
          });
          resolve();
        };
      });
    const { all, call } = await guests(place);
    const invited = all.invite(friend, '+18144043000', call.caller);
    await all.close();
    placed();
    await invited;
    expect(ends).toBe(1);
    await all.close();
    expect(all.all).toEqual([]);
    await call.finish();
  });

  it('do not enter it when they are up only as the session ends', async () => {
    const { all, call, entered } = await guests();
    let ended = (_end: LegEnd): void => {};
    const over = new Promise<LegEnd>((resolve) => {
      ended = resolve;
    });
    all.adopt({ name: friend.name, callId: 'friend@call', over, end: async () => ended(hungUp) }, call.caller);
    await all.close();
    expect(entered).toEqual([]);
    expect(all.all).toEqual([]);
    await call.finish();
  });
});
