import { connect, createServer } from 'node:net';
import { openStreamWire, type StreamOptions, type StreamWire } from './stream-wire.ts';

export type TcpOptions = StreamOptions;
export type TcpWire = StreamWire<'tcp'>;

/** Opens a TCP wire. Its addresses are of the family of `local`. @throws the system's error when the port cannot be had. */
export function openTcp(options: TcpOptions): Promise<TcpWire> {
  return openStreamWire(
    {
      kind: 'tcp',
      server: createServer(),
      ready: { incoming: 'connection', outgoing: 'connect' },
      connect: ({ address, port }) => connect({ host: address, port, localAddress: options.local.address }),
    },
    options,
  );
}
