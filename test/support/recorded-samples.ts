import { PacketRun } from '../../src/telephony/media/packet-run.ts';
import type { RecordedAudio } from '../../src/telephony/media/recording-window.ts';

/** What is handed to recordings, as samples, until the next of it comes. */
export function recordedSamples(audio: RecordedAudio): Int16Array {
  return audio instanceof PacketRun ? audio.samples() : audio;
}
