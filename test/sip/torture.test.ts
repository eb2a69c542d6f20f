import { describe, expect, test } from 'vitest';
import type { SipMessage } from '../../src/telephony/sip/message.ts';
import { parseNameAddress } from '../../src/telephony/sip/parse-address.ts';
import { parseCSeq } from '../../src/telephony/sip/parse-cseq.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { parseVia } from '../../src/telephony/sip/parse-via.ts';
import { SipParseError } from '../../src/telephony/sip/sip-parse-error.ts';
import { splitList } from '../../src/telephony/sip/split-list.ts';
import { parseUri } from '../../src/telephony/sip/uri.ts';
import { writeMessage } from '../../src/telephony/sip/write-message.ts';
import { FramingError, TcpFraming } from '../../src/wire/tcp-framing.ts';
import { fedAgent } from '../support/fed-agent.ts';
import { ANSWER } from '../support/sip-agents.ts';
import { rfc4475, rfc5118, type TortureMessage } from '../support/torture-messages.ts';
import { tortureVerdicts, type Verdict } from '../support/torture-verdicts.ts';

const messages = [...rfc4475(), ...rfc5118()];

function verdictOn(name: string): Verdict {
  const verdict = tortureVerdicts[name];
  if (!verdict) throw new Error(`${name} has no verdict`);
  return verdict;
}

/** Reads everything that is read of a message on its way through the stack. */
function readAll(bytes: Uint8Array): SipMessage {
  const parsed = parseMessage(bytes);
  const { headers } = parsed;
  if (parsed.kind === 'request') parseUri(parsed.uri);
  for (const via of splitList(headers.all('Via'))) parseVia(via);
  for (const name of ['From', 'To', 'Contact', 'Route', 'Record-Route']) {
    for (const value of splitList(headers.all(name))) parseNameAddress(value);
  }
  parseCSeq(headers.first('CSeq') ?? '');
  return parsed;
}

function readingOf(bytes: Uint8Array): 'valid' | number {
  try {
    readAll(bytes);
    return 'valid';
  } catch (error) {
    if (error instanceof SipParseError) return error.status;
    throw error;
  }
}

/** A user agent that answers every call. */
const fed = () =>
  fedAgent({ address: '192.0.2.253', port: 5060 }, { address: '192.0.2.254', port: 5060 }, (invite) => void invite.answer(ANSWER));

test('there is one verdict on each of the 49 messages of RFC 4475 and the 12 of RFC 5118', () => {
  expect([rfc4475().length, rfc5118().length]).toEqual([49, 12]);
  expect(messages.map(({ name }) => name)).toEqual(Object.keys(tortureVerdicts));
});

// A message whose bytes are not those of the document would show here: nearly all bodies are as long as the message says. (That of
// multi01 is two bytes shorter in the document too.)
const ofAnotherLength = ['clerr', 'ncl', 'multi01', 'mcl01', 'dblreq', 'inv2543'];

test.each(messages.filter(({ name }) => !ofAnotherLength.includes(name)))(
  '$section $name: the fixture is as long as it says',
  ({ bytes }) => {
    const text = bytes.toString('latin1');
    const stated = /\r\n(?:Content-Length|l) *: ?(\d+)/i.exec(text)?.[1];
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBe(Number(stated));
  },
);

describe.each(messages)('$section $name', ({ name, bytes }: TortureMessage) => {
  const { read, answers, means, says } = verdictOn(name);

  test('is read as the document says', () => {
    expect(readingOf(bytes)).toBe(read);
    if (read === 'valid') means?.(readAll(bytes));
  });

  test('is answered as the document says, and nothing is left of it', async () => {
    const { clock, errors, sent, agent, feed } = fed();
    feed(bytes);
    await clock.advance(1);
    const responses = sent.map((message) => parseMessage(message)).filter((message) => message.kind === 'response');
    expect(responses.map(({ status }) => status)).toEqual(answers);
    const last = responses.at(-1);
    if (last) says?.(last);
    await clock.advance(300_000);
    expect(errors).toEqual([]);
    expect([clock.pendingTimers, agent.liveTransactions, agent.liveDialogs]).toEqual([0, 0, 0]);
    await agent.close();
  });

  test('gets the same answer when it is repeated', async () => {
    const { clock, sent, agent, feed } = fed();
    feed(bytes);
    await clock.advance(1);
    const first = sent.at(-1);
    feed(bytes);
    await clock.advance(1);
    expect(sent.at(-1)).toEqual(first);
    await agent.close();
  });
});

test('whatever is valid can be written, and is then read the same', () => {
  for (const { bytes } of messages.filter(({ name }) => verdictOn(name).read === 'valid')) {
    const parsed = readAll(bytes);
    const again = readAll(writeMessage(parsed));
    const lines = (message: SipMessage) => [...message.headers.entries()].filter(([name]) => name !== 'Content-Length').sort();
    expect(lines(again)).toEqual(lines(parsed));
    expect(Buffer.compare(again.body, parsed.body)).toBe(0);
  }
});

describe('on a stream', () => {
  const bytesOf = (name: string) => messages.find((message) => message.name === name)?.bytes ?? Buffer.alloc(0);

  test.each(['ncl', 'mcl01', 'inv2543'])('%s ends the connection: what follows cannot be told apart', (name) => {
    expect(() => new TcpFraming().push(bytesOf(name))).toThrow(FramingError);
  });

  test('clerr is waited for', () => {
    const framing = new TcpFraming();
    expect(framing.push(bytesOf('clerr')).messages).toEqual([]);
    expect(framing.partial).toBe(true);
  });

  test('dblreq is two requests', () => {
    const { messages: cut } = new TcpFraming().push(bytesOf('dblreq'));
    expect(cut.map((bytes) => parseMessage(bytes)).map((message) => message.kind === 'request' && message.method)).toEqual([
      'REGISTER',
      'INVITE',
    ]);
  });
});

describe('a NUL', () => {
  const withTo = (to: string) => Buffer.from(`OPTIONS sip:a@b SIP/2.0\r\nTo: ${to}\r\n\r\n`);

  test.each(['"a\0" <sip:a@b>', '"a\\\\\0" <sip:a@b>', '\0'])('without a backslash of its own is refused: %j', (to) => {
    expect(readingOf(withTo(to))).toBe(400);
  });
});
