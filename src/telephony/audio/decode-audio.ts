import { AppError } from '../../kernel/errors.ts';
import type { AudioSource } from './audio-source.ts';
import { openMpeg } from './mpeg-source.ts';
import { PcmBuffer } from './pcm-buffer.ts';
import { openResampler } from './resample.ts';
import { openWav } from './wav-source.ts';

/** Mono PCM at the two rates that we keep. */
export interface DecodedAudio {
  readonly pcm8k: Int16Array<ArrayBuffer>;
  readonly pcm16k: Int16Array<ArrayBuffer>;
}

/** Largest file that is taken, and longest sound. */
export const decodeLimits = { bytes: 64 * 1024 * 1024, minutes: 30 } as const;

/**
 * Decodes a sound file, recognised by its first bytes: WAV (see wav.ts) or MPEG audio (MP3). Both channels are mixed to mono.
 * Takes long: for a thread of its own. `turn` is awaited before every piece of 20 to 50 ms of work; what it throws ends the work.
 * @throws AppError FILE_NOT_AUDIO, with the reason.
 */
export async function decodeAudio(bytes: Uint8Array, turn: () => Promise<void>): Promise<DecodedAudio> {
  if (bytes.length > decodeLimits.bytes) throw notAudio(`it is larger than ${decodeLimits.bytes / 1024 / 1024} MB`);
  const source = await openSource(bytes);
  const to8k = await openResampler(source.sampleRate, 8000);
  const to16k = await openResampler(source.sampleRate, 16_000);
  try {
    const pcm8k = new PcmBuffer();
    const pcm16k = new PcmBuffer();
    const mostFrames = decodeLimits.minutes * 60 * source.sampleRate;
    let frames = 0;
    for (;;) {
      await turn();
      const chunk = source.read();
      if (!chunk) break;
      frames += chunk.length;
      if (frames > mostFrames) throw notAudio(`it is longer than ${decodeLimits.minutes} minutes`);
      pcm8k.add(to8k.push(chunk));
      pcm16k.add(to16k.push(chunk));
    }
    pcm8k.add(to8k.end());
    pcm16k.add(to16k.end());
    if (pcm8k.length === 0) throw notAudio('it has no sound in it');
    return { pcm8k: pcm8k.samples(), pcm16k: pcm16k.samples() };
  } finally {
    source.close();
    to8k.close();
    to16k.close();
  }
}

async function openSource(bytes: Uint8Array): Promise<AudioSource> {
  const refuse = (reason: string) => notAudio(reason);
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WAVE', 8)) return openWav(bytes, refuse);
  const mpeg = await openMpeg(bytes, refuse);
  if (mpeg) return mpeg;
  throw notAudio(`it is ${nameOf(bytes)}`);
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

function notAudio(reason: string): AppError<'FILE_NOT_AUDIO'> {
  return new AppError('FILE_NOT_AUDIO', { reason });
}
