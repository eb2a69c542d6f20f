import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';
import { manager, numberToDial } from '../support/call-world.ts';
import { eventually } from '../support/database.ts';
import { keptRecordings } from '../support/kept-recordings.ts';
import { FRIEND, named, OTHER, THIRD, talking } from '../support/transfer-world.ts';

/** Alice has dialled OTHER from her desk, has sent that one on to THIRD, and is gone. */
async function leftPair(...parameters: Parameters<typeof talking>) {
  const scene = await talking(...parameters);
  const { world, phones, refer, hears } = scene;
  void phones.callTo(numberToDial)?.dialog?.bye();
  const { dialog } = await scene.dials(OTHER);
  refer(dialog, { uri: `sip:${THIRD}@10.0.0.1` });
  await world.clock.advance(3000);
  expect([dialog?.ended, ...hears(phones, OTHER), ...hears(phones, THIRD)]).toEqual([true, 5, 4]);
  const session = scene.sessions[1] ?? expect.unreachable();
  const pair = () => [phones.callTo(OTHER)?.ended, phones.callTo(THIRD)?.ended];
  return { ...scene, session, pair };
}

describe('two who are left to each other', () => {
  it('are hung up when the call has lasted as long as it may, counted from its answer', async () => {
    const scene = await talking();
    const { world, phones, desk, sessions, refer, finish } = scene;
    const { id = '' } = await world.service.place(manager, { flowId: 'flow-1', numberToDial: FRIEND, maxDurationInSeconds: 20 });
    const second = world.sessions.get(id) ?? expect.unreachable();
    sessions.push(second);
    await world.clock.advance(4000);
    // Who has answered both calls at the trunk joins alice with alice.
    refer(phones.callTo(FRIEND)?.dialog, named(phones.callTo(numberToDial)?.dialog));
    await world.clock.advance(3000);
    expect(phones.calls.map(({ ended }) => ended)).toEqual(['peer', 'peer']);
    await world.clock.advance(11_000);
    expect(desk.calls.map(({ ended }) => ended)).toEqual([undefined, undefined]);
    await world.clock.advance(4000);
    expect(desk.calls.map(({ ended }) => ended)).toEqual(['peer', 'peer']);
    await finish();
    expect(second.outcome).toBe('MaxDuration');
  });

  it('are both hung up by DELETE, and the session is Cancelled', async () => {
    const { world, session, pair, finish } = await leftPair();
    await world.service.end(manager, session.row.id);
    await world.clock.advance(1000);
    expect(pair()).toEqual(['peer', 'peer']);
    await finish();
    expect(session.outcome).toBe('Cancelled');
    expect(session.endedAtMs).toBeDefined();
  });

  it('are both written down with the session, and the call that has left is not', async () => {
    const { world, phones, session, finish } = await leftPair();
    const written = JSON.stringify(session.state);
    for (const number of [OTHER, THIRD]) expect(written).toContain(phones.callTo(number)?.callId);
    expect(session.state?.leg).toEqual({});
    void phones.callTo(THIRD)?.dialog?.bye();
    await finish();
    expect(world.liveThings().dialogs).toBe(0);
  });

  it('are recorded until they hang up, and the recording is stored', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'left-pair-'));
    const path = join(folder, 'both.wav');
    const { recordings, saved } = keptRecordings(path);
    const { world, phones, session, finish } = await leftPair({ out: { Record: true } }, {}, { recordings });
    await world.clock.advance(5000);
    expect(saved).toEqual([]);
    void phones.callTo(THIRD)?.dialog?.bye();
    // The disk is a real one, and takes its time.
    await eventually(async () => {
      await world.clock.advance(20);
      return saved.length > 0;
    });
    await finish();
    expect(saved).toEqual([{ path, bytes: expect.any(Number), durationMs: expect.any(Number) }]);
    const { frames } = readWavHeader(await readFile(path));
    await rm(folder, { recursive: true });
    // From the moment at which alice was joined with OTHER.
    expect(frames).toBeGreaterThan(8.5 * 8000);
    expect(session.lines).not.toContain('The call could not be recorded to its end: what there is of the recording is kept');
  });
});
