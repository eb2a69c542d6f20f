import { readdir, readFile, readlink } from 'node:fs/promises';

/** A line of `/proc/net/udp` or `/proc/net/tcp`. */
export interface SocketRow {
  readonly localPort: number;
  readonly isEstablished: boolean;
}

const ESTABLISHED = '01';

/** The sockets that a process of this machine has: `udp` and `tcp` are those of IPv4. */
export async function socketsOf(pid: number, protocol: 'udp' | 'udp6' | 'tcp'): Promise<readonly SocketRow[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const rows = (await readFile(`/proc/net/${protocol}`, 'utf8')).split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => inodes.has(cells[9] ?? ''))
    .map(([, local = '', , state]) => ({
      localPort: Number.parseInt(local.split(':')[1] ?? '', 16),
      isEstablished: state === ESTABLISHED,
    }));
}
