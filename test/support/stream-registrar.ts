import { createServer, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import type { SipMessage, SipResponse } from '../../src/telephony/sip/message.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { TcpFraming } from '../../src/wire/tcp-framing.ts';
import { listeningPort } from './listening-port.ts';

/** A registrar at 127.0.0.1 over TCP, or with an identity over TLS, that grants everything for so long, and does not answer pings. */
export interface StreamRegistrar {
  readonly port: number;
  /** All that were ever accepted. */
  readonly sockets: readonly Socket[];
  /** Over which connection REGISTERs came, from 0, and for how long they ask. */
  readonly registers: readonly string[];
  readonly pings: number;
  /** Sends OPTIONS over a connection. Resolves with the status of the answer. */
  ask(nth: number): Promise<number>;
  close(): void;
}

export async function streamRegistrar(seconds: number, identity?: { certificate: string; key: string }): Promise<StreamRegistrar> {
  const sockets: Socket[] = [];
  const registers: string[] = [];
  const waiting: ((response: SipResponse) => void)[] = [];
  const counts = { pings: 0, asked: 0 };
  const onSocket = (socket: Socket): void => {
    const nth = sockets.push(socket) - 1;
    const framing = new TcpFraming();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const { messages, pings } = framing.push(chunk);
      counts.pings += pings;
      for (const message of messages.map((bytes) => parseMessage(bytes))) {
        if (message.kind === 'response') waiting.shift()?.(message);
        else {
          registers.push(`${nth} ${message.headers.first('Expires')}`);
          socket.write(grantOf(message, seconds));
        }
      }
    });
  };
  const secure = identity && { cert: identity.certificate, key: identity.key };
  const server = secure ? createSecureServer(secure, onSocket) : createServer(onSocket);
  const port = await listeningPort(server);
  return {
    port,
    sockets,
    registers,
    get pings() {
      return counts.pings;
    },
    ask: async (nth) => {
      counts.asked += 1;
      const answered = new Promise<SipResponse>((resolve) => waiting.push(resolve));
      sockets[nth]?.write(optionsOf(counts.asked, secure ? 'TLS' : 'TCP'));
      return (await answered).status;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function grantOf({ headers }: SipMessage, seconds: number): string {
  const lines = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${headers.first(name)}`);
  return ['SIP/2.0 200 OK', ...lines, `To: ${headers.first('To')};tag=r`, `Expires: ${seconds}`, 'Content-Length: 0', '', ''].join('\r\n');
}

function optionsOf(nth: number, transport: string): string {
  const lines = [
    'OPTIONS sip:alice@127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/${transport} 127.0.0.1;branch=z9hG4bKasked${nth};rport`,
    'From: <sip:carrier.example>;tag=c',
    'To: <sip:alice@127.0.0.1>',
    `Call-ID: asked-${nth}`,
    'CSeq: 1 OPTIONS',
    'Max-Forwards: 70',
  ];
  return [...lines, 'Content-Length: 0', '', ''].join('\r\n');
}
