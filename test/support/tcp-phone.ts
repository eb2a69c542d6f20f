import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { seededRandom } from '../../src/kernel/random.ts';
import { answerChallenge, chooseChallenge } from '../../src/telephony/sip/digest.ts';
import type { SipMessage, SipResponse } from '../../src/telephony/sip/message.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { TcpFraming } from '../../src/wire/tcp-framing.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { listeningPort } from './listening-port.ts';

/** One connection of a phone that says only what a test says; it refuses calls with 486. */
export interface TcpPhone {
  /** Requests that came, and of what transport each Via was. */
  readonly requests: string[];
  readonly isOpen: boolean;
  readonly local: Endpoint;
  /** Registers `contact` for `user` with its password, and answers the last response. */
  register(user: string, contact: string, seconds: number): Promise<SipResponse>;
  close(): void;
}

/** A phone that connects to a server. */
export async function connectPhone(server: Endpoint): Promise<TcpPhone> {
  const socket = connect(server.port, server.address);
  await once(socket, 'connect');
  const framing = new TcpFraming();
  const requests: string[] = [];
  const waiting: ((response: SipResponse) => void)[] = [];
  const state = { isOpen: true };
  socket.on('error', () => {});
  socket.on('close', () => {
    state.isOpen = false;
  });
  socket.on('data', (chunk: Buffer) => {
    for (const message of framing.push(chunk).messages.map((bytes) => parseMessage(bytes))) {
      if (message.kind === 'response') waiting.shift()?.(message);
      else socket.write(refusalOf(message, requests));
    }
  });
  const local = { address: '127.0.0.1', port: socket.localPort ?? 0 };
  let cSeq = 0;
  const ask = (lines: readonly string[]): Promise<SipResponse> => {
    socket.write([...lines, 'Content-Length: 0', '', ''].join('\r\n'));
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    requests,
    local,
    get isOpen() {
      return state.isOpen;
    },
    register: async (user, contact, seconds) => {
      const lines = (more: readonly string[]): string[] => {
        cSeq += 1;
        return [
          'REGISTER sip:127.0.0.1 SIP/2.0',
          `Via: SIP/2.0/TCP 127.0.0.1:${local.port};branch=z9hG4bK${local.port}${cSeq};rport`,
          `From: <sip:${user}@127.0.0.1>;tag=1`,
          `To: <sip:${user}@127.0.0.1>`,
          `Call-ID: call of ${local.port}`.replaceAll(' of ', '-'),
          `CSeq: ${cSeq} REGISTER`,
          'Max-Forwards: 70',
          `Contact: ${contact};expires=${seconds}`,
          ...more,
        ];
      };
      const challenged = await ask(lines([]));
      const challenge = chooseChallenge(challenged.headers.all('WWW-Authenticate')) ?? '';
      const secret = { userName: user, password: `secret of ${user}`, random: seededRandom(cSeq), nonceCount: 1 };
      const credentials = answerChallenge({ challenge, method: 'REGISTER', uri: 'sip:127.0.0.1', ...secret });
      return ask(lines([`Authorization: ${credentials}`]));
    },
    close: () => socket.destroy(),
  };
}

/** A phone that only takes connections, and refuses calls with 486. */
export async function listeningPhone(): Promise<{ readonly port: number; readonly requests: string[]; close(): void }> {
  const requests: string[] = [];
  const server = createServer((socket) => {
    const framing = new TcpFraming();
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      for (const message of framing.push(chunk).messages.map((bytes) => parseMessage(bytes))) socket.write(refusalOf(message, requests));
    });
    closers.push(() => socket.destroy());
  });
  const closers: (() => void)[] = [() => server.close()];
  const port = await listeningPort(server);
  return {
    port,
    requests,
    close: () => {
      for (const close of closers) close();
    },
  };
}

function refusalOf(message: SipMessage, requests: string[]): string {
  if (message.kind === 'response') return '';
  requests.push(message.method);
  if (message.method === 'ACK') return '';
  const lines = ['Via', 'From', 'Call-ID', 'CSeq'].map((name) => `${name}: ${message.headers.first(name)}`);
  const to = `To: ${message.headers.first('To')};tag=phone`;
  return ['SIP/2.0 486 Busy Here', ...lines, to, 'Content-Length: 0', '', ''].join('\r\n');
}
