import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { Registrar } from '../../src/telephony/registrar.ts';
import { answerChallenge } from '../../src/telephony/sip/digest.ts';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { UserCheck } from '../../src/telephony/user-check.ts';
import { fedAgent } from '../support/fed-agent.ts';
import { REALM, sipUserTable } from '../support/sip-user-table.ts';
import { rfc4475, rfc5118 } from '../support/torture-messages.ts';

const PEER = { address: '192.0.2.254', port: 5060 };

interface Verdict {
  /** The answer to the message as it is, and to the same with the credentials of this user. */
  readonly asked: number;
  readonly as: string;
  readonly answer: number;
  /** The contacts that are kept then, each under its URI; and the values of Contact in the answer. */
  readonly kept?: readonly string[];
  readonly told?: readonly string[];
}

const refused = (status: number): Verdict => ({ asked: status, as: 'user', answer: status });
const CALLER = 'sip:caller@[2001:db8::1]';
const caller: Verdict = { asked: 401, as: 'user', answer: 200, kept: [CALLER], told: [`<${CALLER}>;expires=3600`] };

/** One verdict on each REGISTER of RFC 4475 and RFC 5118. */
const verdicts: Readonly<Record<string, Verdict>> = {
  // The user is not "null-", and no user has a NUL in the name.
  escnull: { asked: 401, as: 'user', answer: 403 },
  dblreq: {
    asked: 401,
    as: 'j.user',
    answer: 200,
    kept: ['sip:j.user@host.example.com'],
    told: ['<sip:j.user@host.example.com>;expires=3600'],
  },
  scalar02: refused(400),
  // What is in them is looked at once it is known who asks.
  regbadct: { asked: 401, as: 'user', answer: 400 },
  unksm2: { asked: 401, as: 'user', answer: 416 },
  // It only asks which contacts there are; the scheme that nobody knows is no credential.
  regaut01: { asked: 401, as: 'j.user', answer: 200, kept: [], told: [] },
  // The parameter is one of Contact here, and not kept; below it is part of the URI.
  cparam01: {
    asked: 401,
    as: 'watson',
    answer: 200,
    kept: ['sip:+19725552222@gw1.example.net'],
    told: ['<sip:+19725552222@gw1.example.net>;expires=3600'],
  },
  cparam02: {
    asked: 401,
    as: 'watson',
    answer: 200,
    kept: ['sip:+19725552222@gw1.example.net;unknownparam'],
    told: ['<sip:+19725552222@gw1.example.net;unknownparam>;expires=3600'],
  },
  regescrt: {
    asked: 401,
    as: 'user',
    answer: 200,
    kept: ['sip:user@example.com?Route=%3Csip:sip.example.com%3E'],
    told: ['<sip:user@example.com?Route=%3Csip:sip.example.com%3E>;expires=3600'],
  },
  'ipv6-good': caller,
  'ipv6-bad': refused(400),
  // An address of eight parts, not one of seven with a port: it is not looked at.
  'port-ambiguous': caller,
  'port-unambiguous': caller,
};

/** A user agent with the registrar of the server, and users. */
function registering() {
  let registrar: Registrar | undefined;
  const made = fedAgent(
    { address: '192.0.2.253', port: 5060 },
    PEER,
    (invite) => invite.reject(603),
    (received) => registrar?.take(received),
  );
  const { clock, errors, sent } = made;
  const log = {
    debug: () => {},
    info: () => {},
    warn: (fields: unknown) => void errors.push(fields),
    error: (fields: unknown) => void errors.push(fields),
  };
  const users = sipUserTable(clock, ['user', 'j.user', 'watson']);
  const check = new UserCheck(users, { realm: REALM, algorithms: ['MD5'], clock, random: seededRandom(2) });
  const watch = { onDenied: () => {}, onLetIn: () => {} };
  registrar = new Registrar({ users, check, connections: { registered: () => {} }, ...watch, clock, log });
  const responses = (): SipResponse[] => sent.map((bytes) => parseMessage(bytes)).filter((message) => message.kind === 'response');
  return { ...made, users, responses };
}

/** The same request in a transaction of its own, with credentials. */
function withCredentials(bytes: Buffer, challenge: string, userName: string): Buffer {
  const text = bytes.toString('latin1');
  const [, uri = ''] = /^REGISTER (\S+)/.exec(text) ?? [];
  const answer = {
    challenge,
    method: 'REGISTER',
    uri,
    userName,
    password: `secret of ${userName}`,
    random: seededRandom(3),
    nonceCount: 1,
  };
  const line = `Authorization: ${answerChallenge(answer)}\r\n`;
  return Buffer.from(text.replace('\r\n', `\r\n${line}`).replace('branch=z9hG4bK', 'branch=z9hG4bKagain'), 'latin1');
}

const registers = [...rfc4475(), ...rfc5118()].filter(({ bytes }) => bytes.toString('latin1').startsWith('REGISTER '));

test('there is one verdict on each REGISTER', () => {
  expect(registers.map(({ name }) => name).sort()).toEqual(Object.keys(verdicts).sort());
});

describe.each(registers)('$section $name, a REGISTER', ({ name, bytes }) => {
  const { asked, as, answer, kept = [], told = [] } = verdicts[name] ?? refused(0);

  test('is asked for a password, and then keeps what it says', async () => {
    const { clock, errors, agent, feed, users, responses } = registering();
    feed(bytes);
    await clock.advance(1);
    expect(responses().map(({ status }) => status)).toEqual([asked]);
    const challenge = responses()[0]?.headers.first('WWW-Authenticate');
    expect(challenge !== undefined).toBe(asked === 401);
    if (challenge !== undefined) {
      const again = withCredentials(bytes, challenge, as);
      feed(again);
      await clock.advance(1);
      feed(again);
      await clock.advance(1);
      const [, first, repeated] = responses();
      expect(first?.status).toBe(answer);
      expect(repeated).toEqual(first);
      expect(first?.headers.all('Contact')).toEqual(told);
    }
    const bindings = users.table.get(`id of ${as}`) ?? [];
    expect(bindings.map(({ key, contact }) => [key, contact])).toEqual(kept.map((uri) => [uri, uri]));
    expect(bindings.every(({ source }) => source.address === PEER.address)).toBe(true);
    await clock.advance(300_000);
    expect(errors).toEqual([]);
    expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
    await agent.close();
  });
});

test('a user may have contacts with a NUL in them, which stays escaped', async () => {
  const { clock, agent, feed, users, responses } = registering();
  const escnull = registers.find(({ name }) => name === 'escnull')?.bytes.toString('latin1') ?? '';
  const bytes = Buffer.from(escnull.replace('To: sip:null-%00-null@', 'To: sip:user@'), 'latin1');
  feed(bytes);
  await clock.advance(1);
  feed(withCredentials(bytes, responses()[0]?.headers.first('WWW-Authenticate') ?? '', 'user'));
  await clock.advance(1);
  expect(responses().map(({ status }) => status)).toEqual([401, 200]);
  expect(users.table.get('id of user')?.map(({ contact }) => contact)).toEqual([
    'sip:%00@host5.example.com',
    'sip:%00%00@host5.example.com',
  ]);
  await clock.advance(300_000);
  await agent.close();
});
