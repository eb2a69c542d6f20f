import { expect, it } from 'vitest';
import { nothingLeft, numberToDial } from '../support/call-world.ts';
import { FRIEND, OTHER, talking } from '../support/transfer-world.ts';

/** The Call-IDs of the calls that are written down beside that of a session. */
function written(state: Readonly<Record<string, unknown>> | undefined): unknown {
  return JSON.parse(JSON.stringify(state?.parties ?? [])).map(({ dialog }: { dialog: { callId: string } }) => dialog.callId);
}

it('the call of a second party is written down with its session while it is up, and moves with a transfer', async () => {
  const { world, phones, desk, sessions, refer, dials, finish } = await talking();
  const [first] = sessions;
  expect(written(first?.state)).toEqual([desk.callTo('alice')?.callId]);
  const call = await dials(OTHER);
  expect(written(sessions[1]?.state)).toEqual([phones.callTo(OTHER)?.callId]);
  const { callId, localTag, remoteTag } = call.dialog?.state ?? { callId: '', localTag: '', remoteTag: '' };
  const replaces = { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false };
  refer(desk.callTo('alice')?.dialog, { uri: 'sip:whoever@10.0.0.1', replaces });
  await world.clock.advance(3000);
  expect(written(first?.state)).toEqual([phones.callTo(OTHER)?.callId]);
  void phones.callTo(OTHER)?.dialog?.bye();
  await finish();
  expect(phones.callTo(FRIEND)).toBeUndefined();
  expect(phones.callTo(numberToDial)?.ended).toBe('peer');
  expect(world.liveThings()).toMatchObject({ sessions: nothingLeft.sessions, legs: nothingLeft.legs });
});
