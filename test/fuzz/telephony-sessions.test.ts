import { beforeAll, describe, expect, it } from 'vitest';
import type { FlowInfo } from '../../src/contracts/flows.ts';
import { callerId, numberToDial } from '../support/call-world.ts';
import { capturedCalls } from '../support/captured-call.ts';
import { fedSessions, IS_BUSY, OTHER_CALL, TAKES } from '../support/fed-sessions.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { fuzzParties, fuzzRuns, fuzzSeed } from '../support/fuzz.ts';
import { peerDatagrams } from '../support/peer-datagrams.ts';
import { readableRequests } from '../support/readable-requests.ts';
import { ANSWER } from '../support/sip-agents.ts';

// What those say who are joined by flows: the sessions above the telephony, transfers of both sides, the audio of a conference.

/** Whole servers take longer than the readers that they are made of, and those get all of them. */
const runs = Math.ceil(fuzzRuns / 4);

const ASKED = '+18145550001';
const DIALS = '+18145550002';
const ALSO_DIALS = '+18145550003';
/** Asks one caller to call somebody else, so that there is news of that later, and joins all with somebody. */
const talk = flowOf({
  who: ['StringMatchNode', { String: '{{ Session.From }}', Choices: [ASKED], NoMatches: to('dial'), [ASKED]: to('ask') }],
  ask: ['TransferNode', { Target: TAKES, Transferred: to('dial'), Accepted: to('dial'), Refused: to('dial'), Failed: to('dial') }],
  dial: ['DialNode', { Number: numberToDial, CallerId: callerId, AllowTransfer: true, Done: to('done') }],
  done: ['HangUpNode'],
});
const conference = flowOf({
  meet: ['ConferenceNode', { Name: 'Sales', Announce: true, LeaveKeys: '#', Done: to('done'), Full: to('done') }],
  done: ['HangUpNode'],
});

/** What sessions say of transfers. */
const WORDS = /has transferred the call|is handed over to another call|The transfer came to nothing/;

const SDP = 'Content-Type: application/sdp';
const moved = (direction: string): string => `${ANSWER.replace('- 7 1', '- 7 2')}a=${direction}\r\n`;
const request = (method: string, lines: readonly string[] = [], body = ''): Buffer =>
  Buffer.from(
    `${[`${method} sip:us@10.0.0.1 SIP/2.0`, 'Max-Forwards: 70', 'Contact: <sip:peer@10.0.0.2:5060>', ...lines].join('\r\n')}\r\n\r\n${body}`,
  );
const news = (status: string, state: string): Buffer =>
  request('NOTIFY', ['Event: refer', `Subscription-State: ${state}`, 'Content-Type: message/sipfrag;version=2.0'], `SIP/2.0 ${status}\r\n`);
const refers: readonly Buffer[] = [
  request('REFER', [`Refer-To: <sip:${TAKES}@10.0.0.1>`, 'Referred-By: <sip:peer@10.0.0.2>']),
  request('REFER', [`Refer-To: <sip:${IS_BUSY}@10.0.0.1;method=INVITE>`]),
  request('REFER', ['Refer-To: <sip:4711@10.0.0.1>', 'Refer-Sub: false']),
  request('REFER', [`Refer-To: <sip:whoever@10.0.0.1?Replaces=${OTHER_CALL}>`]),
];
const inCalls: readonly Buffer[] = [
  // Only one side of a talk may ask for most of them.
  ...[...refers, ...refers, ...refers],
  news('180 Ringing', 'active;expires=60'),
  news('200 OK', 'terminated;reason=noresource'),
  news('603 Decline', 'terminated;reason=noresource'),
  request('INFO', ['Content-Type: application/dtmf-relay'], 'Signal=5\r\nDuration=160\r\n'),
  request('INFO', ['Content-Type: application/dtmf-relay'], 'Signal=*\r\nDuration=50\r\n'),
  request('INFO', ['Content-Type: application/dtmf'], '#'),
  request('INFO'),
  request('BYE', ['Reason: Q.850;cause=16;text="Normal call clearing"']),
  ...['sendrecv', 'sendonly', 'inactive'].map((direction) => request('INVITE', [SDP], moved(direction))),
  request('INVITE'),
];

/** Without what names the call: that is put before it later. */
function unnamed(bytes: Uint8Array): Buffer {
  const [head = '', ...body] = Buffer.from(bytes).toString('latin1').split('\r\n\r\n');
  const lines = head.split('\r\n').filter((line) => !/^(via|v|from|f|to|t|call-id|i|cseq|(proxy-)?authorization) *:/i.test(line));
  return Buffer.from([lines.join('\r\n'), ...body].join('\r\n\r\n'), 'latin1');
}

describe(`sessions: damaged input in their calls (${runs} each, seed ${fuzzSeed})`, { timeout: 120_000 + 8 * runs }, () => {
  let seeds: readonly Uint8Array[];
  beforeAll(async () => {
    const all = [...(await capturedCalls()).sip, ...peerDatagrams().sip, ...readableRequests];
    const captured = all.filter((bytes) => /^(REFER|NOTIFY|INFO|BYE|INVITE) /.test(Buffer.from(bytes).toString('latin1'))).map(unnamed);
    expect(captured.length).toBeGreaterThan(20);
    // Half of all are those that get far.
    seeds = [...captured, ...Array.from({ length: Math.ceil(captured.length / inCalls.length) }, () => inCalls).flat()];
  });

  const feed = async (flow: FlowInfo, callers: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    const totals = new Map<string, number>();
    await fuzzParties(seeds, {
      runs,
      begin: async () => {
        const { world, counts, take, pass, end } = await fedSessions(flow, callers);
        return {
          take,
          pass,
          end: async () => {
            await end();
            for (const line of [...world.sessions.values()].flatMap(({ lines }) => lines)) {
              const [what] = WORDS.exec(line) ?? [];
              if (what !== undefined) totals.set(what, (totals.get(what) ?? 0) + 1);
            }
            for (const [what, count] of counts) totals.set(what, (totals.get(what) ?? 0) + count);
          },
        };
      },
    });
    return totals;
  };

  /** So many of each have come, or the damage has not got so deep. */
  const hasCome = (totals: ReadonlyMap<string, number>, wanted: readonly string[], share: number): void => {
    for (const what of wanted) expect(totals.get(what), what).toBeGreaterThan(runs / share);
  };
  const both = [
    'REFER 603',
    'REFER 400',
    'NOTIFY 481',
    'NOTIFY 489',
    'INFO 200',
    'INFO 400',
    'INFO 415',
    'INVITE 200',
    'INVITE 488',
    'BYE 200',
  ];

  it('talks, each of a caller and somebody dialled: no error, and nothing is left of them', async () => {
    const totals = await feed(talk, [ASKED, DIALS, ALSO_DIALS]);
    hasCome(totals, [...both, 'REFER 202'], 200);
    hasCome(totals, ['NOTIFY 200', 'has transferred the call', 'The transfer came to nothing'], 1000);
    hasCome(totals, ['is handed over to another call'], 5000);
  });

  it('a conference of three: no error, and nothing is left of it', async () => {
    hasCome(await feed(conference, [ASKED, DIALS, ALSO_DIALS]), both, 200);
  });
});
