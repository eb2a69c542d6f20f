import { MPEGDecoder } from 'mpg123-decoder';
import { type AudioSource, NotAudioError } from './audio-source.ts';
import { findMpegAudio } from './mpeg-frame.ts';

/** About 2 s of sound at the usual bit rates. */
const BYTES_PER_READ = 32 * 1024;
/** So many damaged places, and it is no sound file. */
const MAX_ERRORS = 100;

/** Opens MPEG audio of layer 1 to 3 with libmpg123 (WebAssembly); undefined when the bytes are none. */
export async function openMpeg(bytes: Uint8Array): Promise<AudioSource | undefined> {
  const found = findMpegAudio(bytes);
  if (!found) return undefined;
  const { sampleRate } = found.frame;
  const decoder = new MPEGDecoder();
  await decoder.ready;
  let at = found.at;
  let errors = 0;
  let open = true;
  return {
    sampleRate,
    read() {
      while (at < bytes.length) {
        const decoded = decoder.decode(bytes.subarray(at, at + BYTES_PER_READ));
        at += BYTES_PER_READ;
        errors += decoded.errors.length;
        if (errors > MAX_ERRORS) throw new NotAudioError('too much of it is damaged');
        if (decoded.samplesDecoded === 0) continue;
        if (decoded.sampleRate !== sampleRate) throw new NotAudioError('its sample rate changes on the way');
        return mixed(decoded.channelData);
      }
      return undefined;
    },
    close() {
      if (open) decoder.free();
      open = false;
    },
  };
}

/** The decoder always answers two channels; of a mono file they are the same. */
function mixed(channels: readonly Float32Array[]): Float32Array {
  const [left, right] = channels;
  if (!left) return new Float32Array(0);
  if (right) for (let index = 0; index < left.length; index++) left[index] = ((left[index] ?? 0) + (right[index] ?? 0)) / 2;
  return left;
}
