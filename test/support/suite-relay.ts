import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

/** Stands between a caller and a phone over UDP, and lets only one way to protect RTP through. */
export interface SuiteRelay {
  /** Where the phone is called. */
  readonly port: number;
  /** The suites that the phone has answered with. */
  readonly answered: ReadonlySet<string>;
  /** Idempotent. */
  close(): void;
}

const LOOPBACK = '127.0.0.1';
const KEY = /^a=crypto:\d+ (\S+) /;

/** Starts one for a phone on this port of 127.0.0.1. Sound, and what follows the answer to an INVITE, goes past it. */
export async function suiteRelay(suite: string, phonePort: number): Promise<SuiteRelay> {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  const answered = new Set<string>();
  let callerPort = 0;
  let isOpen = true;
  socket.on('message', (bytes: Buffer, { port }: RemoteInfo) => {
    if (port !== phonePort) {
      callerPort = port;
      socket.send(withOnly(suite, bytes.toString('latin1')), phonePort, LOOPBACK);
      return;
    }
    for (const line of bytes.toString('latin1').split('\r\n')) {
      const [, name] = KEY.exec(line) ?? [];
      if (name !== undefined) answered.add(name);
    }
    if (callerPort > 0) socket.send(bytes, callerPort, LOOPBACK);
  });
  return {
    port: socket.address().port,
    answered,
    close: () => {
      if (isOpen) socket.close();
      isOpen = false;
    },
  };
}

/** A message whose description has no key but those of one suite. */
function withOnly(suite: string, message: string): Buffer {
  const end = message.indexOf('\r\n\r\n');
  const body = message
    .slice(end + 4)
    .split('\r\n')
    .filter((line) => KEY.exec(line)?.[1] === suite || !KEY.test(line))
    .join('\r\n');
  const head = message.slice(0, end).replace(/^(Content-Length): *\d+/im, `$1: ${body.length}`);
  return Buffer.from(`${head}\r\n\r\n${body}`, 'latin1');
}
