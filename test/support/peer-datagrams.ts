import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../fixtures/peer-datagrams/', import.meta.url);

/** What other telephony software has sent us: `npm run capture-peers` writes it. */
export function peerDatagrams(): { readonly sip: Uint8Array[]; readonly rtp: Uint8Array[]; readonly rtcp: Uint8Array[] } {
  const datagrams = { sip: [] as Uint8Array[], rtp: [] as Uint8Array[], rtcp: [] as Uint8Array[] };
  for (const file of readdirSync(folder).sort()) {
    for (const line of readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n')) {
      const [kind, bytes = ''] = line.split(' ');
      if (kind === 'sip' || kind === 'rtp' || kind === 'rtcp') datagrams[kind].push(Uint8Array.from(Buffer.from(bytes, 'base64')));
      else throw new Error(`${file} has a line of no known kind`);
    }
  }
  return datagrams;
}
