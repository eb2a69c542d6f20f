import { readFile } from 'node:fs/promises';
import { socketsOf } from './sockets-of.ts';

/** The UDP ports that a process of this machine has, in order. */
export async function udpPortsOf(pid: number): Promise<readonly number[]> {
  const sockets = await socketsOf(pid, 'udp');
  return sockets.map(({ localPort }) => localPort).sort((left, right) => left - right);
}

/** Whether some process of this machine has this port of this IPv4 address. */
export async function isUdpBound(address: string, port: number): Promise<boolean> {
  const bytes = address.split('.').reverse();
  const inMemory = bytes.map((byte) => hex(Number(byte), 2)).join('');
  return (await readFile('/proc/net/udp', 'utf8')).includes(`${inMemory}:${hex(port, 4)} `);
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
