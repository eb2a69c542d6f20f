import { readdir, readFile, readlink } from 'node:fs/promises';

/** The UDP ports that a process of this machine has, in order. */
export async function udpPortsOf(pid: number): Promise<readonly number[]> {
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  const rows = (await readFile('/proc/net/udp', 'utf8')).split('\n').slice(1);
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter((cells) => inodes.has(cells[9] ?? ''))
    .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16))
    .sort((left, right) => left - right);
}
