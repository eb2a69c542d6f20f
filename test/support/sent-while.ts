import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaStream } from '../../src/telephony/media/media-port.ts';
import { channelsOf } from './recorded-channels.ts';

/** What a stream sent while `during` went on, in samples of 8000 Hz: the left channel of a recording of the whole call. */
export async function sentWhile(stream: MediaStream, during: () => Promise<void>): Promise<Int16Array> {
  const folder = await mkdtemp(join(tmpdir(), 'sent-while-'));
  try {
    const path = join(folder, 'call.wav');
    const recorded = stream.recordCall(path, 'stereo');
    await during();
    stream.controlRecording('stop');
    await recorded;
    const [sent = new Int16Array()] = channelsOf(await readFile(path));
    return sent;
  } finally {
    await rm(folder, { recursive: true });
  }
}
