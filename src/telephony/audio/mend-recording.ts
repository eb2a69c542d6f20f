import { open } from 'node:fs/promises';
import { NotAudioError } from './audio-source.ts';
import { readWavHeader, wavHeader, wavHeaderBytes } from './wav.ts';

export interface MendedRecording {
  readonly durationMs: number;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Makes a recording complete whose writer is gone: its header says how much audio is there, and half a sample at the end is cut off. One that was
 * complete stays as it is. Undefined when there is no audio in it.
 * @throws NotAudioError when it does not begin with the header of a recording; the error of the disk
 */
export async function mendRecording(path: string): Promise<MendedRecording | undefined> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    if (size <= wavHeaderBytes) return undefined;
    const header = Buffer.alloc(wavHeaderBytes);
    await file.read(header, 0, wavHeaderBytes, 0);
    const { encoding, sampleRate, channels, bytesPerFrame, dataAt } = readWavHeader(header);
    if (encoding !== 'pcm16' || dataAt !== wavHeaderBytes) throw new NotAudioError('it is not a recording of ours');
    const frames = Math.floor((size - wavHeaderBytes) / bytesPerFrame);
    if (frames === 0) return undefined;
    const bytes = wavHeaderBytes + frames * bytesPerFrame;
    await file.truncate(bytes);
    await file.write(wavHeader(sampleRate, bytes - wavHeaderBytes, channels), 0, wavHeaderBytes, 0);
    await file.sync();
    return { durationMs: Math.round((frames * 1000) / sampleRate), bytes };
  } finally {
    await file.close();
  }
}
