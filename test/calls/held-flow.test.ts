import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Recordings } from '../../src/flow/flow-host.ts';
import { manager, numberToDial } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { heldCall } from '../support/held-call.ts';
import { TELEPHONE_EVENT } from '../support/media-rig.ts';
import { MUSIC } from '../support/spoken-tones.ts';

/** A flow that reaches this node after 2 s, with exits to these outcomes. */
const reaches = (type: string, inputs: Readonly<Record<string, string | number | boolean>>, exits: readonly string[]) =>
  flowOf({
    wait: ['WaitNode', { Timeout: 2, Done: to('node') }],

    node: [type, { ...inputs, ...Object.fromEntries(exits.map((exit) => [exit, to(exit)])) }],
    ...Object.fromEntries(exits.map((exit) => [exit, ['HangUpNode', { Outcome: exit }]] as const)),
  });

/** Such a call, put on hold before the flow is there, and held for a minute. */
async function heldBefore(flow: ReturnType<typeof flowOf>, recordings?: Recordings) {
  const call = await heldCall(flow, {}, recordings && { recordings });
  await call.world.clock.advance(1000);
  await call.live.hold(manager, { sessionId: call.sessionId });
  const phone = call.phones.callTo(numberToDial);
  if (!phone?.dialog) throw new Error('It was not answered');
  return {
    ...call,
    phone,
    dialog: phone.dialog,
    async resume() {
      const { live, sessionId, world } = call;
      await Promise.all([live.patch(manager, { sessionId, callState: 'Connected' }), world.clock.advance(100)]);
    },
  };
}

describe('a flow whose call is on hold', () => {
  it('presses no keys before the hold is over', async () => {
    const { world, phone, session, hear, resume, over } = await heldBefore(reaches('SendDigitsNode', { Digits: '12' }, ['Done']));
    const events = () => phone.rtp.received.filter(({ payloadType, marker }) => payloadType === TELEPHONE_EVENT && marker).length;
    await world.clock.advance(60_000);
    expect((await hear()).caller).toEqual([MUSIC]);
    expect(events()).toBe(0);
    await resume();
    await over();
    expect(events()).toBe(2);
    expect(session.outcome).toBe('Done');
  });

  it('asks nobody to call somebody else before the hold is over', async () => {
    const flow = reaches('TransferNode', { Target: '+15550177' }, ['Transferred', 'Refused']);
    const { world, dialog, session, resume, over } = await heldBefore(flow);
    const askedAtMs: number[] = [];
    dialog.onRefer = () => {
      askedAtMs.push(world.clock.now());
      return (report) => report.tell(200, 'OK');
    };
    await world.clock.advance(60_000);
    expect(askedAtMs).toEqual([]);
    const resumedAtMs = world.clock.now();
    await resume();
    await over();
    expect(askedAtMs.map((ms) => ms - resumedAtMs < 100)).toEqual([true]);
    expect(session.outcome).toBe('Transferred');
  });

  it('begins to record when the hold is over', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'held-flow-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const kept: number[] = [];
    const recordings: Recordings = {
      newPath: () => join(folder, 'message.wav'),
      save: async ({ durationMs }) => {
        kept.push(durationMs);
        return 'file';
      },
      leave: () => {},
      discard: async () => {},
    };
    const flow = reaches('RecordNode', { PlayBeep: false, MaxLengthInSeconds: 3 }, ['Done', 'NoRecording', 'Failed']);
    const { world, session, resume, over } = await heldBefore(flow, recordings);
    await world.clock.advance(60_000);
    expect(kept).toEqual([]);
    const resumedAtMs = world.clock.now();
    await resume();
    await over();
    expect(kept.length).toBe(1);
    expect(session.outcome).toBe('Done');
    expect((session.endedAtMs ?? 0) - resumedAtMs).toBeGreaterThan(2900);
  });
});
