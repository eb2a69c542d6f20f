import { expect } from 'vitest';
import type { Logger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { Engine } from '../../src/telephony/engine.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import { PhoneConnections } from '../../src/telephony/phone-connections.ts';
import type { AnsweredCall, IncomingCall } from '../../src/telephony/port.ts';
import { Registrar } from '../../src/telephony/registrar.ts';
import { answerChallenge, chooseChallenge } from '../../src/telephony/sip/digest.ts';
import type { SipMessage, SipResponse } from '../../src/telephony/sip/message.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { UserCheck } from '../../src/telephony/user-check.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { dnsTable } from './dns-table.ts';
import { RawPeer } from './raw-peer.ts';
import { REALM, sipUserTable } from './sip-user-table.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };
const PHONE = { address: '10.0.0.2', port: 5060 };
const NAME = 'alice';

const crlf = (lines: readonly string[], body = ''): string => `${[...lines, ''].join('\r\n')}\r\n${body}`;

/** A request of the phone of alice, outside of a dialog, without credentials. */
export function phoneRequest(method: 'REGISTER' | 'INVITE', lines: readonly string[], body = ''): string {
  const to = method === 'REGISTER' ? NAME : '4000';
  const head = [
    `${method} sip:${method === 'REGISTER' ? '' : `${to}@`}10.0.0.1 SIP/2.0`,
    'Max-Forwards: 70',
    `From: <sip:${NAME}@10.0.0.1>;tag=phone`,
    `To: <sip:${to}@10.0.0.1>`,
    'Call-ID: phone',
    `CSeq: 1 ${method}`,
    ...lines,
  ];
  return crlf(head, body);
}

/**
 * The engine, the registrar and who checks passwords, with one phone, which is the test: it knows its password and acknowledges answers.
 * Calls are answered, and hung up by the server after `callMs`; never, if absent.
 */
export async function fedServer(callMs?: number) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const errors: unknown[] = [];
  const keep = (fields: unknown): void => void errors.push(fields);
  const log: Logger = { debug: () => {}, info: () => {}, warn: keep, error: keep };
  const users = sipUserTable(clock);
  const check = new UserCheck(users, { realm: REALM, algorithms: ['MD5'], clock, random: seededRandom(2) });
  const wires = [network.wire('udp', SERVER)];
  const connections = new PhoneConnections({ wires, users, log });
  const watch = { onDenied: () => {}, onLetIn: () => {} };
  const registrar = new Registrar({ users, check, connections, ...watch, clock, log });
  const media = new LocalMedia({
    ...{ clock, random: seededRandom(3), host: SERVER.address, portRange: { first: 20_000, last: 20_099 } },
    ...{ openSocket: (local: typeof SERVER) => network.datagramSocket(local), maxStreams: 20 },
  });
  const agent: UserAgent = new UserAgent({
    ...{ wires, clock, random: seededRandom(4), log, product: 'test' },
    onInvite: (invite) => engine.invited(invite),
    onRegister: (received) => registrar.take(received),
    onReplace: (invite, replaced) => engine.replaced(invite, replaced),
  });
  const hangUp = (call: AnsweredCall): void => {
    if (callMs !== undefined) clock.after(callMs, () => void call.hangup());
  };
  const take = async (call: IncomingCall): Promise<void> => {
    if (!(await call.identify())) return;
    const slot = await call.reserve().catch(() => undefined);
    if (!slot) return call.reject(503);
    const events = { sent: () => {}, ringing: () => {}, answered: hangUp, stateChanged: () => {}, ended: () => {} };
    slot.answer({ legId: 'leg', from: call.from, to: call.dialled }, events);
  };
  const engine: Engine = new Engine({
    ...{ userAgent: agent, userCheck: check, connections, media, clock, random: seededRandom(5), log, dns: dnsTable({}) },
    onIncoming: (call) => void take(call).catch((error: unknown) => errors.push(error)),
  });

  const peer = new RawPeer(network.wire('udp', PHONE));
  const random = seededRandom(6);
  /** Of all responses, by method and status. */
  const counts = new Map<string, number>();
  let challenge = '';
  let requests = 0;
  let nonceCount = 0;
  let onResponse: (response: SipResponse, method: string) => void = () => {};
  let onHungUp: () => void = () => {};

  const via = (): string => `Via: SIP/2.0/UDP ${PHONE.address}:${PHONE.port};branch=z9hG4bK${++requests};rport`;
  /** The ACK of a refusal belongs to the transaction of the INVITE. */
  const acknowledge = ({ status, headers }: SipResponse, body = ''): void => {
    const number = Number.parseInt(headers.first('CSeq') ?? '', 10);
    const named = ['From', 'To', 'Call-ID'].map((name) => `${name}: ${headers.first(name)}`);
    const type = body === '' ? [] : ['Content-Type: application/sdp'];
    peer.send(
      Buffer.from(
        crlf(
          ['ACK sip:us@10.0.0.1 SIP/2.0', status < 300 ? via() : `Via: ${headers.first('Via')}`, ...named, `CSeq: ${number} ACK`, ...type],
          body,
        ),
        'latin1',
      ),
      SERVER,
    );
  };
  peer.onMessage = (message: SipMessage, from) => {
    peer.received.length = 0;
    if (message.kind === 'request') {
      if (message.method !== 'ACK') peer.reply(message, 200, from);
      if (message.method === 'BYE') onHungUp();
      return;
    }
    const method = message.headers.first('CSeq')?.split(' ')[1] ?? '';
    const key = `${method} ${message.status}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    challenge = chooseChallenge([...message.headers.all('WWW-Authenticate'), ...message.headers.all('Proxy-Authenticate')]) ?? challenge;
    onResponse(message, method);
  };
  const acknowledgeAnswer = (response: SipResponse, method: string): void => {
    if (method === 'INVITE' && response.status >= 200) acknowledge(response);
  };
  onResponse = acknowledgeAnswer;

  const credentials = (method: string, uri: string): string => {
    const answer = { challenge, method, uri, userName: NAME, password: `secret of ${NAME}`, random, nonceCount: ++nonceCount };
    return `${method === 'REGISTER' ? 'Authorization' : 'Proxy-Authorization'}: ${answerChallenge(answer)}`;
  };
  /** A request made new, and signed if wanted, whatever else is in it. */
  const send = (text: string, isSigned = true): void => {
    const [line = '', ...rest] = text.split('\r\n');
    const [method = '', uri = ''] = line.split(' ');
    const renewed = rest.join('\r\n').replace(/^(Call-ID|i): */im, (name) => `${name}${requests}-`);
    peer.send(Buffer.from([line, via(), ...(isSigned ? [credentials(method, uri)] : []), renewed].join('\r\n'), 'latin1'), SERVER);
  };

  // It is asked once: the answer is good for a minute.
  peer.send(Buffer.from(phoneRequest('REGISTER', [via()])), SERVER);
  await clock.advance(1);
  expect(challenge).not.toBe('');
  return {
    clock,
    counts,
    send,
    sendAsItIs: (bytes: Uint8Array) => peer.send(bytes, SERVER),
    acknowledge,
    via,
    listen: (response: typeof onResponse, hungUp: typeof onHungUp) => {
      onResponse = response;
      onHungUp = hungUp;
    },
    end: async (): Promise<void> => {
      onResponse = acknowledgeAnswer;
      await clock.advance(300_000);
      expect(errors).toEqual([]);
      const left = [clock.pendingTimers, agent.liveTransactions, agent.liveDialogs, engine.liveLegs, media.openStreams];
      expect(left).toEqual([0, 0, 0, 0, 0]);
      await engine.close();
      await peer.close();
      expect(network.openPorts).toBe(0);
    },
  };
}
