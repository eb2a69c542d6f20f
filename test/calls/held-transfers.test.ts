import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { manager, numberToDial } from '../support/call-world.ts';
import { MUSIC } from '../support/spoken-tones.ts';
import { FRIEND, named, OTHER, THIRD, talking } from '../support/transfer-world.ts';

const neverAborted = new AbortController().signal;
let version = 20;

/** Has a phone hold a call, or resume it. */
function change(dialog: Dialog | undefined, address: string, port: number, direction: 'sendonly' | 'inactive' | 'sendrecv'): void {
  version += 1;
  const head = ['v=0', `o=- 1 ${version} IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  const sdp = [...head, `m=audio ${port} RTP/AVP 0`, `a=${direction}`, ''].join('\r\n');
  void dialog?.reinvite(() => sdp, neverAborted);
}

type Scene = Awaited<ReturnType<typeof talking>>;

/** Alice holds the call in which she talks with the caller, as phones do before they send it on. */
async function held(): Promise<Scene> {
  const scene = await talking();
  const call = scene.desk.callTo('alice');
  change(call?.dialog, '10.0.1.1', call?.rtp.endpoint.port ?? 0, 'sendonly');
  await scene.world.clock.advance(300);
  expect(scene.hears(scene.phones, numberToDial)).toEqual([MUSIC]);
  return scene;
}

describe('a phone that holds the call and sends it on', () => {
  it('to a number: the caller hears whom it is joined with, and the music when that one holds', async () => {
    const { world, phones, desk, refer, hears, finish } = await held();
    refer(desk.callTo('alice')?.dialog, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(400);
    expect(hears(phones, numberToDial)).not.toContain(MUSIC);
    await world.clock.advance(2000);
    expect([hears(phones, numberToDial), hears(phones, THIRD)]).toEqual([[5], [1]]);
    const third = phones.callTo(THIRD);
    change(third?.dialog, '10.0.0.2', third?.rtp.endpoint.port ?? 0, 'inactive');
    await world.clock.advance(300);
    expect([hears(phones, numberToDial), hears(phones, THIRD)]).toEqual([[MUSIC], []]);
    void third?.dialog?.bye();
    await finish();
  });

  it('to somebody busy: the music goes on, and the two talk on after the hold', async () => {
    const { world, phones, desk, refer, hears, finish } = await held();
    const told = refer(desk.callTo('alice')?.dialog, { uri: 'sip:nobody@10.0.0.1' });
    await world.clock.advance(1000);
    expect(told.outcome).toMatchObject({ result: 'failed' });
    expect(hears(phones, numberToDial)).toEqual([MUSIC]);
    const call = desk.callTo('alice');
    change(call?.dialog, '10.0.1.1', call?.rtp.endpoint.port ?? 0, 'sendrecv');
    await world.clock.advance(300);
    expect(hears(phones, numberToDial)).toEqual([2]);
    void phones.callTo(numberToDial)?.dialog?.bye();
    await finish();
  });

  it('to whom it talks with in another call: the two hear each other', async () => {
    const { world, phones, desk, dials, refer, hears, finish } = await held();
    const second = await dials(OTHER);
    expect(hears(phones, numberToDial)).toEqual([MUSIC]);
    const told = refer(desk.callTo('alice')?.dialog, named(second.dialog));
    await world.clock.advance(2500);
    expect(told.outcome).toMatchObject({ result: 'transferred' });
    expect([hears(phones, numberToDial), hears(phones, OTHER)]).toEqual([[4], [1]]);
    void phones.callTo(OTHER)?.dialog?.bye();
    await finish();
  });

  it('to whom it talks with in another call that came in: the two hear each other, and music when one of them holds', async () => {
    const { world, phones, desk, sessions, refer, hears, finish } = await held();
    sessions.push(await world.call({ numberToDial: FRIEND }));
    await world.clock.advance(3000);
    const [first, second] = desk.calls.map(({ dialog }) => dialog);
    refer(first, named(second));
    await world.clock.advance(2500);
    expect([hears(phones, numberToDial), hears(phones, FRIEND)]).toEqual([[3], [1]]);
    for (const [number, other] of [
      [numberToDial, FRIEND],
      [FRIEND, numberToDial],
    ] as const) {
      const call = phones.callTo(number);
      change(call?.dialog, '10.0.0.2', call?.rtp.endpoint.port ?? 0, 'sendonly');
      await world.clock.advance(300);
      expect(hears(phones, other)).toEqual([MUSIC]);
      change(call?.dialog, '10.0.0.2', call?.rtp.endpoint.port ?? 0, 'sendrecv');
      await world.clock.advance(300);
    }
    expect([hears(phones, numberToDial), hears(phones, FRIEND)]).toEqual([[3], [1]]);
    void phones.callTo(numberToDial)?.dialog?.bye();
    await finish();
  });
});

it('a phone cannot send on a caller whom we hold: that one stays on hold', async () => {
  const { world, session, phones, desk, refer, hears, finish } = await talking();
  const sessionId = session.row.id;
  await world.service.live.hold(manager, { sessionId });
  const told = refer(desk.callTo('alice')?.dialog, { uri: `sip:${THIRD}@10.0.0.1` });
  await world.clock.advance(1000);
  expect(told.outcome).toMatchObject({ result: 'refused', sip: 603 });
  expect(hears(phones, numberToDial)).toEqual([MUSIC]);
  await Promise.all([world.service.live.patch(manager, { sessionId, callState: 'Connected' }), world.clock.advance(500)]);
  expect(hears(phones, numberToDial)).toEqual([2]);
  void phones.callTo(numberToDial)?.dialog?.bye();
  await finish();
});
