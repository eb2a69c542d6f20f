import { socketsOf } from './sockets-of.ts';

/** The UDP ports that a process of this machine has, in order. */
export async function udpPortsOf(pid: number): Promise<readonly number[]> {
  const sockets = await socketsOf(pid, 'udp');
  return sockets.map(({ localPort }) => localPort).sort((left, right) => left - right);
}
