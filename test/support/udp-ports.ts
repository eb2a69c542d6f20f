import { readFile } from 'node:fs/promises';
import { expect, vi } from 'vitest';
import { socketsOf } from './sockets-of.ts';

/** The UDP ports that a process of this machine has, in order. */
export async function udpPortsOf(pid: number): Promise<readonly number[]> {
  const sockets = [...(await socketsOf(pid, 'udp')), ...(await socketsOf(pid, 'udp6'))];
  return sockets.map(({ localPort }) => localPort).sort((left, right) => left - right);
}

/** Waits until a process has none of these UDP ports, which threads of it may close a moment later. @throws when it still has after 10 s */
export async function udpPortsClosed(pid: number, ports: readonly number[]): Promise<void> {
  const look = async (): Promise<void> => expect((await udpPortsOf(pid)).filter((port) => ports.includes(port))).toEqual([]);
  await vi.waitFor(look, { timeout: 10_000, interval: 100 });
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
