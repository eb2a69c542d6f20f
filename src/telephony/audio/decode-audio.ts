import { type AudioSource, audioLimits, NotAudioError } from './audio-source.ts';
import { openMpeg } from './mpeg-source.ts';
import { PcmBuffer } from './pcm-buffer.ts';
import { openResampler } from './resample.ts';
import { openWav } from './wav-source.ts';

/** Mono PCM at the two rates that we keep. */
export interface DecodedAudio {
  readonly pcm8k: Int16Array<ArrayBuffer>;
  readonly pcm16k: Int16Array<ArrayBuffer>;
}

/**
 * Decodes a sound file, recognised by its first bytes: WAV (see wav.ts) or MPEG audio (MP3). Both channels are mixed to mono.
 * Takes long: for a thread of its own. `turn` is awaited before every piece of 20 to 50 ms of work; what it throws ends the work.
 * @throws NotAudioError
 */
export async function decodeAudio(bytes: Uint8Array, turn: () => Promise<void>): Promise<DecodedAudio> {
  if (bytes.length > audioLimits.bytes) throw new NotAudioError(`it is larger than ${audioLimits.bytes / 1024 / 1024} MB`);
  const source = await openSource(bytes);
  const to8k = await openResampler(source.sampleRate, 8000);
  const to16k = await openResampler(source.sampleRate, 16_000);
  try {
    const pcm8k = new PcmBuffer();
    const pcm16k = new PcmBuffer();
    const mostFrames = audioLimits.minutes * 60 * source.sampleRate;
    let frames = 0;
    for (;;) {
      await turn();
      const chunk = source.read();
      if (!chunk) break;
      frames += chunk.length;
      if (frames > mostFrames) throw new NotAudioError(`it is longer than ${audioLimits.minutes} minutes`);
      pcm8k.add(to8k.push(chunk));
      pcm16k.add(to16k.push(chunk));
    }
    pcm8k.add(to8k.end());
    pcm16k.add(to16k.end());
    if (pcm8k.length === 0) throw new NotAudioError('it has no sound in it');
    return { pcm8k: pcm8k.samples(), pcm16k: pcm16k.samples() };
  } finally {
    source.close();
    to8k.close();
    to16k.close();
  }
}

async function openSource(bytes: Uint8Array): Promise<AudioSource> {
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WAVE', 8)) return openWav(bytes);
  const mpeg = await openMpeg(bytes);
  if (mpeg) return mpeg;
  throw new NotAudioError(`it is ${nameOf(bytes)}`);
}

/** Formats that people try, so that the answer can name them. */
function nameOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty';
  if (startsWith(bytes, 'OggS')) return 'an Ogg file';
  if (startsWith(bytes, 'fLaC')) return 'a FLAC file';
  if (startsWith(bytes, 'ftyp', 4)) return 'an MP4 or M4A file';
  if (startsWith(bytes, 'FORM')) return 'an AIFF file';
  if (startsWith(bytes, '#!AMR')) return 'an AMR file';
  if (startsWith(bytes, '\x1aE\xdf\xa3')) return 'a WebM or Matroska file';
  if (startsWith(bytes, 'RIFX') || startsWith(bytes, 'RF64')) return 'a WAV variant (RIFX or RF64)';
  return 'of a format that is not known';
}

function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text.charCodeAt(index)) return false;
  return true;
}
