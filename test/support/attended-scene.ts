import { expect } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { ReferAsked, ReferDecision } from '../../src/telephony/sip/dialog-refers.ts';
import { writeReplaces } from '../../src/telephony/sip/replaces.ts';
import { parseUri } from '../../src/telephony/sip/uri.ts';
import { callWorld, nothingLeft, numberToDial, PHONE, type WorldOptions } from './call-world.ts';
import { register } from './dialled-call.ts';
import { flowOf, into, type ShortParameter, to } from './flow-builder.ts';
import { RtpPeer } from './media-rig.ts';
import { type Person, partyPhones } from './party-phones.ts';
import { CallLog } from './sip-agents.ts';

const DESK = '10.0.1.1';
export const FRIEND = '+18144043111';
const exits = ['Transferred', 'Accepted', 'Refused', 'Failed', 'Joined', 'NoAnswer', 'Busy', 'Rejected'];
const endpoints: Record<string, DialledEndpoint> = {
  ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' },
};

type AttendedScene = ReturnType<typeof attendedScene>;

/**
 * A call to somebody who says 1, and whom the flow transfers, attended, to FRIEND, who says 2, or to alice at a desk, who says 3. The outcome of the
 * session is how the node was left, the SIP status, who has taken the call, and the whole seconds for which the two were joined by us. `contact` is what alice answers with, in place of her own.
 */
export function attendedScene(
  parameters: Readonly<Record<string, ShortParameter>> = {},
  people: Readonly<Record<string, Person>> = {},
  { contact, ...more }: Partial<WorldOptions> & { readonly contact?: string } = {},
) {
  const outputs = { SipStatus: into('Status'), AnsweredBy: into('Who'), DurationInSeconds: into('Seconds') };
  const outcome = '{{ Session.Status }} {{ Session.Who }} {{ Session.Seconds }}';
  const flow = flowOf({
    move: [
      'TransferNode',
      { Mode: 'Attended', TimeoutInSeconds: 20, ...outputs, ...Object.fromEntries(exits.map((exit) => [exit, to(exit)])), ...parameters },
    ],
    ...Object.fromEntries(exits.map((exit) => [exit, ['HangUpNode', { Outcome: `${exit} ${outcome}` }] as const])),
  });
  const world = callWorld({ flow, phoneIsThere: false, endpoints, ...more });
  const phones = partyPhones(world, {
    [numberToDial]: { answerAfterMs: 100, says: 1 },
    [FRIEND]: { answerAfterMs: 1000, says: 2 },
    ...people,
  });
  const desk = partyPhones(world, { alice: { answerAfterMs: 1000, says: 3 }, ...people }, DESK, contact);
  register(world, 'alice', DESK);
  /** The calls that the one who is called places because it was asked to, and what it hears in them. */
  const calls: { readonly log: CallLog; readonly rtp: RtpPeer }[] = [];

  /** Calls whom a REFER names, in the place of the call that it names. */
  const calling = ({ uri, replaces }: ReferAsked): CallLog => {
    const { host, port = 5060 } = parseUri(uri);
    const at = 31_000 + calls.length * 2;
    const call = { log: new CallLog(), rtp: new RtpPeer(world.network.datagramSocket({ address: PHONE, port: at }), world.clock) };
    calls.push(call);
    phones.agent.invite(
      {
        to: { address: host, port, transport: 'udp' },
        requestUri: uri,
        from: `sip:${numberToDial}@${PHONE}`,
        toUri: uri,
        offer: `v=0\r\no=- 9 9 IN IP4 ${PHONE}\r\ns=-\r\nc=IN IP4 ${PHONE}\r\nt=0 0\r\nm=audio ${at} RTP/AVP 0\r\n`,
        headers: replaces ? [['Replaces', writeReplaces(replaces)]] : [],
      },
      call.log,
    );
    return call.log;
  };

  /** Places the call, and lets the one who is called do this with a REFER from the answer on. */
  const begin = async (decide?: (own: Dialog) => ReferDecision) => {
    const session = await world.call();
    await world.clock.advance(300);
    const own = phones.callTo(numberToDial)?.dialog;
    if (!own) throw new Error('Nobody has answered');
    own.onRefer = decide?.(own);
    return { session, own };
  };
  /** What somebody has heard in the last 200 ms. */
  const hears = (rtp: RtpPeer | undefined): number[] => {
    const recent = rtp?.received.filter(({ atMs }) => atMs > world.clock.now() - 200) ?? [];
    return [...new Set(recent.map(({ payload }) => payload[0] ?? -1))];
  };
  /** Everything is over, also the calls that the phones have with each other, and nothing is left. */
  const finish = async () => {
    expect(await world.clock.runUntil(() => world.service.liveSessions === 0, 300_000)).toBe(true);
    for (const { log } of calls) void log.dialog?.bye();
    const left = await world.finish();
    await Promise.all([phones.close(), desk.close()]);
    for (const { rtp } of calls) rtp.close();
    const ports = (left.ports ?? 0) - phones.calls.length - desk.calls.length - calls.length - 2;
    expect({ ...left, ports }).toEqual(nothingLeft);
  };
  return { world, phones, desk, calls, calling, begin, hears, finish };
}

/** Does what it is asked for, and tells how that goes, as a phone does that knows Replaces. */
export const obeying =
  ({ calling }: Pick<AttendedScene, 'calling'>): ReferDecision =>
  (asked) =>
  (report) => {
    const log = calling(asked);
    log.onAnswered = () => void report.tell(200, 'OK');
    const { failed } = log;
    log.failed = (failure) => {
      failed.call(log, failure);
      void report.tell(failure.status ?? 500, failure.reason);
    };
  };
