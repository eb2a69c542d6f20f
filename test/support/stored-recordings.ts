import type { ApiLogin } from '../../src/cli/api-client.ts';
import type { FileInfo } from '../../src/contracts/files.ts';
import { readWavHeader } from '../../src/telephony/audio/wav.ts';

/** The bytes of a file as a client gets it. */
export async function bytesOf(login: ApiLogin, { uri = '' }: FileInfo): Promise<Uint8Array> {
  const authorization = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  const response = await fetch(new URL(uri, login.url), { headers: { authorization } });
  if (!response.ok) throw new Error(`${uri} is answered with ${response.status}: ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The same of a recording, with its header, and how many bytes of audio the header says that there are. */
export async function recordingOf(login: ApiLogin, file: FileInfo) {
  const bytes = await bytesOf(login, file);
  return { bytes, header: readWavHeader(bytes), said: new DataView(bytes.buffer).getUint32(40, true) };
}
