import { describe, expect, test } from 'vitest';
import { TcpFraming } from '../../src/wire/tcp-framing.ts';
import { CARRIER, forOwnNumber, OWN_NUMBER, tortureCaller } from '../support/torture-caller.ts';
import { rfc4475, rfc5118, type TortureMessage } from '../support/torture-messages.ts';

const STRANGER = '192.0.2.253';

interface Verdict {
  /** Whom the call is for and who calls, as the INVITE says; absent: it does not come so far. */
  readonly called?: string;
  readonly caller?: string;
  /** The responses to it for the number of the account, and as it is. Absent: as it is it is for nobody here, or is refused in the same way. */
  readonly answers: readonly number[];
  readonly asItIs?: readonly number[];
  /** Who calls, as the session is stored. Absent: as in `caller`. */
  readonly from?: string;
  /** The media of our answer, and whether each is taken. */
  readonly media?: readonly (readonly [type: string, isTaken: boolean])[];
  /** The Request-URI and the Routes of our BYE; absent: there is none. */
  readonly bye?: readonly string[];
  /** The port at which its topmost Via wants responses (RFC 3261 section 18.2.2). */
  readonly port?: number;
}

const refused = (status: number): Verdict => ({ answers: [status] });
const taken = [100, 180, 200];
const noVideo = [
  ['audio', true],
  ['video', false],
] as const;
const longName = 'amazinglylongcallername'.repeat(5);

/** One verdict on each INVITE of RFC 4475 and RFC 5118. Where a document leaves a choice, the reason for ours stands beside it. */
const verdicts: Readonly<Record<string, Verdict>> = {
  // Valid, but its To has a tag, and there is no such dialog (RFC 3261 section 12.2.2).
  wsinv: refused(481),
  // Escapes are read in users, so that no user is mistaken for another; the Contact goes back as it was written.
  esc01: {
    called: 'sips:user@example.com',
    caller: 'I have spaces',
    answers: taken,
    media: noVideo,
    bye: ['sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31'],
  },
  longreq: {
    called: 'user',
    caller: longName,
    answers: taken,
    // What a session calls somebody is cut; what goes back to the peer is not.
    from: longName.slice(0, 64),
    media: noVideo,
    bye: [`sip:${longName}@host5.example.net`],
  },
  // What follows the REGISTER is noise in a datagram, and a request of its own on a stream. It has no Contact (RFC 3261 section 8.1.1.8).
  'dblreq on a stream': refused(400),
  badinv01: refused(400),
  clerr: refused(400),
  ncl: refused(400),
  quotbal: { ...refused(400), port: 5050 },
  // The documents let these three be mended, or refused: who mends may call somebody else than was meant.
  ltgtruri: refused(400),
  lwsruri: refused(400),
  lwsstart: refused(400),
  escruri: refused(400),
  // Its Date is not in GMT, which may be refused; nothing of a call depends on it.
  baddate: { called: 'user', caller: 'caller', answers: taken, media: noVideo, bye: ['sip:caller@host5.example.net'] },
  insuf: refused(400),
  invut: refused(415),
  multi01: refused(400),
  sdp01: refused(406),
  // A call of RFC 2543: without branch, tag of From, Max-Forwards, Content-Length or Contact. Its To names the number. Its route is strict.
  inv2543: {
    called: 'UserB',
    caller: '+13035551111',
    answers: taken,
    asItIs: taken,
    media: [['audio', true]],
    bye: ['sip:UserB@example.com;maddr=ss1.example.com', '<sip:+13035551111@ift.client.example.net;user=phone>'],
  },
  // Readable, and has G.726 alone.
  'ipv6-in-sdp': { called: 'user', caller: 'user', answers: [100, 488] },
  'mult-ip-in-sdp': { called: 'user', caller: 'user', answers: taken, media: noVideo, bye: ['sip:caller@[2001:db8::9:1]'] },
  'ipv4-mapped-ipv6': { called: 'user', caller: 'user', answers: [100, 488], port: 19_823 },
};

/** What follows the first request of a stream. */
function second({ section, name, bytes }: TortureMessage): TortureMessage {
  const [first] = new TcpFraming().push(bytes).messages;
  return { section, name: `${name} on a stream`, bytes: bytes.subarray(first?.length) };
}

const invites = [...rfc4475(), ...rfc5118()]
  .map((message) => (message.name === 'dblreq' ? second(message) : message))
  .filter(({ bytes }) => bytes.toString('latin1').startsWith('INVITE '));

test('there is one verdict on each INVITE', () => {
  expect(invites.map(({ name }) => name)).toEqual(Object.keys(verdicts));
});

describe.each(invites)('$section $name, an INVITE', ({ name, bytes }) => {
  const verdict = verdicts[name] ?? refused(0);
  const { called, caller = '', from = caller, answers, media = [], bye = [], port } = verdict;
  const comesIn = called !== undefined;
  const { asItIs = comesIn ? [100, 404] : answers } = verdict;

  test('from the trunk, for the number of the account', async () => {
    const { world, told, statuses, answered, requests, session, send, finish } = tortureCaller(CARRIER, port);
    await send(forOwnNumber(bytes));
    expect(statuses()).toEqual(answers);
    expect(told).toEqual(comesIn ? [{ called: OWN_NUMBER, caller }] : []);
    expect([session()?.row.toAddress, session()?.row.fromAddress]).toEqual(comesIn ? [OWN_NUMBER, from] : [undefined, undefined]);
    expect(session()?.outcome).toBe(bye.length > 0 ? 'Served' : comesIn ? 'Failed' : undefined);
    expect(answered().map(({ type, port: at }) => [type, at > 0])).toEqual(media);
    expect(requests().map(({ method }) => method)).toEqual(bye.length > 0 ? ['BYE'] : []);
    expect(requests().flatMap(({ uri, headers }) => [uri, ...headers.all('Route')])).toEqual(bye);
    expect(world.refused).toEqual([]);
    await finish();
  });

  test('from the trunk, as it is', async () => {
    const { world, told, statuses, session, send, finish } = tortureCaller(CARRIER, port);
    await send(bytes);
    expect(statuses()).toEqual(asItIs);
    expect(told).toEqual(comesIn ? [{ called, caller }] : []);
    const isFound = asItIs.includes(200);
    expect(session()?.row.toAddress).toBe(isFound ? OWN_NUMBER : undefined);
    expect(world.refused).toEqual(comesIn && !isFound ? ['unknown-number'] : []);
    await finish();
  });

  test.each([
    ['refused, and counted', {}, 403, [`unknown-source ${STRANGER}`]],
    ['asked for a password where there are users, and counted', { userFlow: undefined }, 407, [`unauthenticated ${STRANGER}`]],
  ])('from an unknown source is %s', async (_what, options, status, counted) => {
    const { world, told, statuses, session, send, finish } = tortureCaller(STRANGER, port, options);
    await send(forOwnNumber(bytes));
    expect(statuses()).toEqual(comesIn ? [100, status] : answers);
    expect(told).toEqual(comesIn ? [{ called: OWN_NUMBER, caller }] : []);
    expect(world.sources).toEqual(comesIn ? counted : []);
    expect(session()).toBeUndefined();
    await finish();
  });
});
