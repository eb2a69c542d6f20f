import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MediaRig, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';

const never = new AbortController().signal;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Audio is recorded, and lost for 200 ms right after a packet of a digit that came at its time, or after audio that followed it. */
async function concealedAfterDigit(isLate: boolean): Promise<number | undefined> {
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  const path = join(folder, `${isLate}.wav`);
  const recorded = stream.record({ path, maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false }, never);
  await peer.speak(stream.local, 400, 0x90);
  const { sequence, timestamp } = peer;
  const sendDigit = (): void => peer.sendRaw(stream.local, TELEPHONE_EVENT, sequence, timestamp, Uint8Array.of(5, 0x8a, 0, 160));
  if (!isLate) sendDigit();
  peer.sequence++;
  if (isLate) {
    peer.sendAudio(stream.local, 0x90);
    sendDigit();
  }
  await rig.clock.advance(200);
  peer.sequence += 10;
  peer.timestamp += 1600;
  await peer.speak(stream.local, 400, 0x90);
  const { buffer, digits } = await stream.close();
  await recorded;
  expect(digits).toBe(1);
  return buffer?.concealed;
}

it('a digit takes the place of audio at its time, and audio that is lost later is made up, though the digit comes late', async () => {
  expect(await concealedAfterDigit(false)).toBeLessThan(2);
  expect(await concealedAfterDigit(true)).toBe(3);
});
