import { describe, expect, it } from 'vitest';
import { AppError } from '../../src/kernel/errors.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { Registrar } from '../../src/telephony/registrar.ts';
import { answerChallenge, chooseChallenge } from '../../src/telephony/sip/digest.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { UserCheck } from '../../src/telephony/user-check.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { deferred } from '../support/deferred.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { REALM, sipUserTable } from '../support/sip-user-table.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };
const URI = 'sip:10.0.0.1';

interface Ask {
  readonly user?: string;
  /** In To. */
  readonly whose?: string;
  readonly password?: string;
  readonly callId?: string;
  readonly cSeq?: number;
}

/** A registrar, and a phone of which a test says every word. */
function scene() {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const users = sipUserTable(clock);
  const denied: string[] = [];
  const letIn: string[] = [];
  const check = new UserCheck(users, { realm: REALM, algorithms: ['SHA-256', 'MD5'], clock, random: seededRandom(2) });
  const registrar = new Registrar({
    users,
    check,
    connections: { registered: () => {} },
    onDenied: (reason) => denied.push(reason),
    onLetIn: (address) => letIn.push(address),
    clock,
    log: silentLogger,
  });
  const agent = new UserAgent({
    wires: [network.wire('udp', SERVER)],
    clock,
    random: seededRandom(3),
    log: silentLogger,
    product: 'test',
    onRegister: (received) => registrar.take(received),
  });
  const peer = new RawPeer(network.wire('udp', { address: '10.0.0.2', port: 5062 }));
  let branch = 0;
  let next = 0;
  /** What the phone has sent. */
  const sent: string[] = [];
  const send = async (lines: readonly string[], { whose = 'alice', callId = 'c' }: Ask, cSeq: number): Promise<SipResponse> => {
    branch += 1;
    const head = [
      `REGISTER ${URI} SIP/2.0`,
      `Via: SIP/2.0/UDP 192.168.1.2:5999;branch=z9hG4bK${branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:${whose}@10.0.0.1>;tag=${branch}`,
      `To: <sip:${whose}@10.0.0.1>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cSeq} REGISTER`,
    ];
    const text = `${[...head, ...lines].join('\n')}\n\n`;
    sent.push(text);
    peer.send(text, SERVER);
    await clock.advance(2);
    const response = peer.received.at(-1);
    if (response?.kind !== 'response') throw new Error('No response came');
    return response;
  };
  /** Registers as a phone does: asked for credentials, it sends them. */
  const register = async (lines: readonly string[], ask: Ask = {}): Promise<SipResponse> => {
    next += 2;
    const { user = 'alice', password = `secret of ${user}`, cSeq = next } = ask;
    const challenged = await send(lines, ask, cSeq - 1);
    if (challenged.status !== 401) return challenged;
    const challenge = chooseChallenge(challenged.headers.all('WWW-Authenticate')) ?? '';
    const answer = { challenge, method: 'REGISTER', uri: URI, userName: user, password, random: seededRandom(next), nonceCount: 1 };
    return send([...lines, `Authorization: ${answerChallenge(answer)}`], ask, cSeq);
  };
  const finish = async (): Promise<void> => {
    await clock.advance(100_000);
    expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
    await agent.close();
  };
  return { clock, users, denied, letIn, peer, sent, register, send, finish };
}

const contactsOf = (response: SipResponse): string[] => response.headers.all('Contact');
const CONTACT = 'Contact: <sip:alice@192.168.1.2:5999>';

describe('a phone that registers', () => {
  it('is asked for its password, and is bound to where it really is', async () => {
    const { users, denied, letIn, register, finish } = scene();
    const done = await register([CONTACT, 'Expires: 600']);
    expect([done.status, contactsOf(done)]).toEqual([200, ['<sip:alice@192.168.1.2:5999>;expires=600']]);
    expect(users.table.get('id of alice')).toMatchObject([
      { contact: 'sip:alice@192.168.1.2:5999', source: { address: '10.0.0.2', port: 5062, transport: 'udp' }, path: [] },
    ]);
    expect([denied, letIn, users.wrong]).toEqual([['unauthenticated'], ['10.0.0.2'], []]);
    await finish();
  });

  it('has several contacts, renews one, asks which there are, removes one, and then all', async () => {
    const { clock, register, finish } = scene();
    await register([CONTACT, 'Expires: 600']);
    await register(['Contact: <sip:alice@10.0.0.9>;expires=120']);
    await clock.advance(60_000);
    const renewed = await register([CONTACT, 'Expires: 900']);
    expect(contactsOf(renewed)).toEqual(['<sip:alice@10.0.0.9>;expires=60', '<sip:alice@192.168.1.2:5999>;expires=900']);
    expect(contactsOf(await register([]))).toHaveLength(2);
    expect(contactsOf(await register(['Contact: <sip:alice@10.0.0.9>;expires=0']))).toHaveLength(1);
    expect(contactsOf(await register(['Contact: *', 'Expires: 0']))).toEqual([]);
    await finish();
  });

  it('and repeats itself while the database is slow is kept once, and gets one answer', async () => {
    const { clock, users, letIn, peer, sent, register, finish } = scene();
    const slow = deferred<void>();
    const { change } = users;
    let changes = 0;
    users.change = async (...asked) => {
      changes += 1;
      await slow.promise;
      return change(...asked);
    };
    await register([CONTACT]);
    const repeated = sent.at(-1) ?? '';
    expect([sent.length, peer.names]).toEqual([2, ['401 REGISTER']]);
    // As often as timer E has a phone repeat it in two seconds (RFC 3261 section 17.1.2.2).
    for (const afterMs of [500, 500, 1000]) {
      await clock.advance(afterMs);
      peer.send(repeated, SERVER);
    }
    await clock.advance(2);
    expect([changes, peer.names]).toEqual([1, ['401 REGISTER']]);
    slow.resolve();
    await clock.advance(2);
    expect(peer.names).toEqual(['401 REGISTER', '200 REGISTER']);
    peer.send(repeated, SERVER);
    await clock.advance(2);
    expect(peer.received[2]).toEqual(peer.received[1]);
    expect([changes, letIn, users.wrong]).toEqual([1, ['10.0.0.2'], []]);
    expect(users.table.get('id of alice')).toHaveLength(1);
    await finish();
  });

  it('is forgotten when its time is over', async () => {
    const { clock, register, finish } = scene();
    await register([CONTACT, 'Expires: 60']);
    await clock.advance(60_001);
    expect(contactsOf(await register([]))).toEqual([]);
    await finish();
  });

  it('keeps one binding for its instance when its contact changes', async () => {
    const { register, finish } = scene();
    const instance = ';+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>";reg-id=1';
    await register([`Contact: <sip:alice@10.0.0.2:1>${instance}`]);
    const again = await register([`Contact: <sip:alice@10.0.0.2:2>${instance}`]);
    expect(contactsOf(again)).toEqual([`<sip:alice@10.0.0.2:2>;expires=3600${instance}`]);
    await finish();
  });

  it.each([
    ['59 s', 59, 423, undefined],
    ['a minute', 60, 200, 60],
    ['a day', 86_400, 200, 3600],
    ['no time', undefined, 200, 3600],
  ])('for %s', async (_what, seconds, status, granted) => {
    const { register, finish } = scene();
    const answer = await register([CONTACT, ...(seconds === undefined ? [] : [`Expires: ${seconds}`])]);
    expect(answer.status).toBe(status);
    expect(answer.headers.first('Min-Expires')).toBe(status === 423 ? '60' : undefined);
    expect(contactsOf(answer)).toEqual(granted === undefined ? [] : [`<sip:alice@192.168.1.2:5999>;expires=${granted}`]);
    await finish();
  });

  it('comes through proxies that want to be on the way back', async () => {
    const { users, register, finish } = scene();
    const answer = await register([CONTACT, 'Path: <sip:edge.example;lr>, <sip:core.example;lr>', 'Supported: path']);
    expect(answer.headers.all('Path')).toEqual(['<sip:edge.example;lr>', '<sip:core.example;lr>']);
    expect(users.table.get('id of alice')?.[0]?.path).toEqual(['<sip:edge.example;lr>', '<sip:core.example;lr>']);
    await finish();
  });

  it('cannot undo a later REGISTER by an earlier one of the same call', async () => {
    const { register, finish } = scene();
    await register([CONTACT], { callId: 'x', cSeq: 20 });
    expect((await register(['Contact: <sip:alice@192.168.1.2:5999>;expires=0'], { callId: 'x', cSeq: 20 })).status).toBe(500);
    expect(contactsOf(await register([]))).toHaveLength(1);
    expect((await register(['Contact: <sip:alice@192.168.1.2:5999>;expires=0'], { callId: 'x', cSeq: 22 })).status).toBe(200);
    await finish();
  });

  it('is told when the database is away, and registers when it is back', async () => {
    const { users, register, finish } = scene();
    users.failure = new AppError('STORE_UNAVAILABLE', { seconds: 1 });
    const away = await register([CONTACT]);
    expect([away.status, away.headers.first('Retry-After')]).toEqual([503, '5']);
    users.failure = undefined;
    expect((await register([CONTACT])).status).toBe(200);
    await finish();
  });

  it('is told when something else fails, rather than left to repeat itself', async () => {
    const { users, register, finish } = scene();
    users.failure = new TypeError('a mistake');
    expect((await register([CONTACT])).status).toBe(500);
    await finish();
  });

  it('changes nothing when it only asks which contacts there are', async () => {
    const { users, register, finish } = scene();
    await register([CONTACT, 'Expires: 600']);
    users.change = async () => {
      throw new Error('Nothing is to be changed');
    };
    const answer = await register([]);
    expect([answer.status, contactsOf(answer).length]).toEqual([200, 1]);
    await finish();
  });
});

describe('who may not register', () => {
  it.each([
    ['with a wrong password', { password: 'guess' }, 'wrong-password'],
    ['as a user that does not exist', { user: 'mallory', whose: 'mallory' }, 'wrong-password'],
  ] as const)('%s is refused, with the same answer', async (_who, ask, reason) => {
    const { users, denied, register, finish } = scene();
    const answer = await register([CONTACT], ask);
    expect([answer.status, answer.reason, contactsOf(answer)]).toEqual([403, 'Forbidden', []]);
    expect(denied).toEqual(['unauthenticated', reason]);
    expect(users.table.size).toBe(0);
    await finish();
  });

  it('guesses has to wait, however the name is spelt, also when the next guess is right', async () => {
    const { denied, register, finish } = scene();
    for (const user of ['alice', 'Alice', 'ALICE']) await register([CONTACT], { user, password: 'guess' });
    expect((await register([CONTACT])).status).toBe(403);
    expect(denied.filter((reason) => reason !== 'unauthenticated')).toEqual([
      'wrong-password',
      'wrong-password',
      'wrong-password',
      'guessing',
    ]);
    await finish();
  });

  it.each([
    ['too long', 'a'.repeat(65), 'guessing', []],
    ['of characters that nobody can have', 'al\u0007ice', 'wrong-password', ['al\u0007ice 10.0.0.2']],
  ])('with a name that is %s is refused without a look at the users', async (_what, user, reason, tried) => {
    const { users, denied, register, finish } = scene();
    users.find = async () => {
      throw new Error('Nobody has such a name');
    };
    expect((await register([CONTACT], { user })).status).toBe(403);
    expect([denied.at(-1), users.wrong]).toEqual([reason, tried]);
    await finish();
  });

  it('may not change the contacts of another user', async () => {
    const { users, register, finish } = scene();
    expect((await register([CONTACT], { user: 'bob', whose: 'alice' })).status).toBe(403);
    expect(users.table.size).toBe(0);
    await finish();
  });

  it('has overheard what a phone has sent: it is asked for credentials again', async () => {
    const { clock, send, denied, finish } = scene();
    const challenged = await send([CONTACT], {}, 1);
    const challenge = chooseChallenge(challenged.headers.all('WWW-Authenticate')) ?? '';
    const credentials = answerChallenge({
      challenge,
      method: 'REGISTER',
      uri: URI,
      userName: 'alice',
      password: 'secret of alice',
      random: seededRandom(9),
      nonceCount: 1,
    });
    expect((await send([CONTACT, `Authorization: ${credentials}`], {}, 2)).status).toBe(200);
    const again = await send(['Contact: <sip:evil@10.0.0.66>', `Authorization: ${credentials}`], {}, 3);
    expect(again.status).toBe(401);
    expect(again.headers.first('WWW-Authenticate')).toContain('stale=true');
    await clock.advance(1);
    expect(denied).toEqual(['unauthenticated', 'unauthenticated']);
    await finish();
  });

  it.each([
    ['a REGISTER that cannot be read', ['Contact: *'], 400],
    ['an extension that we lack', [CONTACT, 'Require: gruu'], 420],
  ])('sends %s', async (_what, lines, status) => {
    const { users, register, finish } = scene();
    expect((await register(lines)).status).toBe(status);
    expect(users.table.size).toBe(0);
    await finish();
  });
});
