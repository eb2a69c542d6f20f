import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { MediaRig } from '../../../test/support/media-rig.ts';

const HEADER_BYTES = 44;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;

it('recordings of a thread are written when another second of the clock begins, whenever they began', async () => {
  const rig = new MediaRig();
  const [one, other] = [await rig.call(), await rig.call()];
  const paths = [join(folder, 'whole.wav'), join(folder, 'peer.wav')];
  const [whole = '', peer = ''] = paths;
  const never = new AbortController().signal;
  const untilNextMs = 1000 - (rig.clock.now() % 1000);
  await rig.clock.advance(untilNextMs);
  const recorded = [one.stream.recordCall(whole, 'stereo')];
  await one.peer.speak(one.stream.local, 300, 0x90);
  const rules = { path: peer, maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false };
  const heard = other.stream.record(rules, never);
  await other.peer.speak(other.stream.local, 660, 0x90);
  await vi.waitFor(async () => expect(await Promise.all(paths.map(sizeOf))).toEqual([HEADER_BYTES, HEADER_BYTES]), { timeout: 10_000 });
  await other.peer.speak(other.stream.local, 60, 0x90);
  await vi.waitFor(
    async () => {
      for (const path of paths) expect(await sizeOf(path)).toBeGreaterThan(HEADER_BYTES);
    },
    { timeout: 10_000 },
  );
  await Promise.all([one.stream.close(), other.stream.close()]);
  await Promise.all([...recorded, heard]);
});
