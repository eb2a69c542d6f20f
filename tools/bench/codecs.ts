import { newDecoder, newEncoder } from '../../src/telephony/audio/codec.ts';
import { MAX_PACKET_SAMPLES } from '../../src/telephony/audio/codec-interface.ts';
import { type AudioCodec, audioCodecs } from '../../src/telephony/media/media-port.ts';
import type { Row } from './report.ts';

const FRAME_SAMPLES = 160;
const FRAMES_PER_SECOND = 50;
const CALL_SECONDS = 40;
const MAX_PAYLOAD_BYTES = 400;

/** A second of something like a voice: a pitch with formants, in syllables. */
const voice = Int16Array.from({ length: FRAME_SAMPLES * FRAMES_PER_SECOND }, (_, index) => {
  const at = index / 8000;
  let sum = 0;
  for (let harmonic = 1; harmonic <= 20; harmonic++) sum += Math.sin(2 * Math.PI * 130 * harmonic * at) / (1 + Math.abs(harmonic - 5));
  return Math.round(5000 * (0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * at)) * sum);
});

/** What each codec costs in a second of a call that both sides speak in, in ms of CPU: one value per round, after one to warm up. */
export function measureCodecs(rounds: number): Row[] {
  return audioCodecs.map((codec) => ({
    what: `CPU to encode and decode a second of ${codec}`,
    unit: 'ms',
    values: measure(codec, rounds),
    asterisk: '',
  }));
}

function measure(codec: AudioCodec, rounds: number): number[] {
  const encoder = newEncoder(codec);
  const decoder = newDecoder(codec);
  const payload = new Uint8Array(MAX_PAYLOAD_BYTES);
  const samples = new Int16Array(MAX_PACKET_SAMPLES);
  const round = (): number => {
    const before = process.cpuUsage();
    for (let frame = 0; frame < CALL_SECONDS * FRAMES_PER_SECOND; frame++) {
      const at = (frame % FRAMES_PER_SECOND) * FRAME_SAMPLES;
      const length = encoder.encode(voice.subarray(at, at + FRAME_SAMPLES), payload, 0);
      if (decoder.decode(payload.subarray(0, length), samples) !== FRAME_SAMPLES) throw new Error(`A packet of ${codec} was refused`);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / CALL_SECONDS;
  };
  round();
  const values = Array.from({ length: rounds }, round);
  encoder.close();
  decoder.close();
  return values;
}
