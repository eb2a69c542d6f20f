import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MediaRig } from '../../../test/support/media-rig.ts';
import { rms } from '../../../test/support/sound.ts';
import { readWavHeader, readWavMono } from '../audio/wav.ts';

const COMFORT_NOISE = 13;

it('a peer that suppresses silence is heard with its noise, and nothing of the pause counts as lost or made up', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'silence-'));
  const rig = new MediaRig();
  const { stream, peer } = await rig.call();
  const path = join(folder, 'heard.wav');
  const rules = { path, maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false };
  const recorded = stream.record(rules, new AbortController().signal);
  await peer.speak(stream.local, 600, 0x90);
  peer.sendRaw(stream.local, COMFORT_NOISE, peer.sequence++, peer.timestamp, Uint8Array.of(40, 10, 20));
  await rig.clock.advance(1_000);
  peer.timestamp += 8_000;
  await peer.speak(stream.local, 600, 0x90);
  const report = await stream.close();
  await recorded;
  expect(report).toMatchObject({ received: 61, lost: 0, unagreed: 0, buffer: { concealed: 0 } });
  const wav = await readFile(path);
  const header = readWavHeader(wav);
  const samples = new Float32Array(header.frames);
  readWavMono(wav, header, 0, samples);
  expect(20 * Math.log10(rms(samples.subarray(5_000, 12_600)))).toBeCloseTo(-40, 0);
  for (const at of [2_000, 4_700, 12_900, 17_000]) expect(Math.abs(samples[at] ?? 0)).toBeGreaterThan(0.4);
  await rig.clock.advance(10);
  expect([rig.media.openStreams, rig.clock.pendingTimers]).toEqual([0, 0]);
  await rm(folder, { recursive: true });
});
