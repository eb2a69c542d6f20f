import { expect } from 'vitest';
import { callerId, callWorld, numberToDial, type WorldOptions } from './call-world.ts';
import { meetingScene } from './conference-calls.ts';
import { conferenceKinds } from './conference-kinds.ts';
import { type DialledOptions, dialScene } from './dialled-call.ts';
import { flowOf, type ShortParameter, to } from './flow-builder.ts';
import { flowTransferKinds } from './flow-transfer-kinds.ts';
import { type CallsOfAKind, type Kind, LastingWorld, type Outcomes } from './lasting-world.ts';
import type { LossLog } from './loss-log.ts';
import { RtpPeer } from './media-rig.ts';
import { operatedKinds } from './operated-kinds.ts';
import { audioOf, type Person, partyPhones } from './party-phones.ts';
import { operatedRecordedKinds, recordedKinds } from './recorded-kinds.ts';
import { registeredKinds } from './registered-kinds.ts';
import { CallLog } from './sip-agents.ts';
import { FRIEND, OTHER, talkScene } from './transfer-world.ts';

const [DESK, MOBILE] = ['10.0.1.1', '10.0.1.2'] as const;
const SERVER = '10.0.0.1';
/** Where who calls us listens. */
const AUDIO_PORT = 31_000;
const MOST_MS = 100_000;
const alice = { userName: 'alice', password: 'secret of alice' };
const endpoints = { ada: { type: 'User', userId: 'id of alice', userName: 'alice', displayName: 'ALICE' } } as const;
const talk = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(100), Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Served' }] });

const dials =
  (
    person: Person,
    parameters: Readonly<Record<string, ShortParameter>> = { Number: FRIEND },
    { others: people = {}, ...more }: DialledOptions & { readonly others?: Readonly<Record<string, Person>> } = {},
  ): Kind =>
  (options) => {
    const { world, phones, others } = dialScene({ [FRIEND]: person, ...people }, parameters, { ...more, ...options });
    const call = async (): Promise<Outcomes> => {
      const session = await world.call();
      expect(await world.over(session)).toBe(true);
      return [session.outcome];
    };
    return new LastingWorld({ world, phones: [phones, ...others], call });
  };

type Talk = ReturnType<typeof talkScene>;

/** A caller talks to alice at her desk, and something is done in that call; then all hang up. */
const talks =
  (act: (scene: Talk, until: (isSo: () => boolean) => Promise<boolean>) => Promise<string>): Kind =>
  (options) => {
    const scene = talkScene({}, {}, options);
    const { world, phones, desk, begin, over } = scene;
    const until = (isSo: () => boolean): Promise<boolean> => world.clock.runUntil(isSo, MOST_MS);
    const isUp = (): boolean => desk.callTo('alice')?.dialog?.state.invite.acked === true;
    const call = async (): Promise<Outcomes> => {
      const session = await begin();
      await until(() => isUp() || session.endedAtMs !== undefined);
      await world.clock.advance(500);
      const outcome = isUp() ? await act(scene, until) : 'lost';
      for (const { dialog } of [...phones.calls, ...desk.calls]) void dialog?.bye();
      await over();
      return [outcome];
    };
    return new LastingWorld({ world, phones: [phones, desk], call });
  };

const holds = talks(async ({ world, desk }, until) => {
  const call = desk.callTo('alice');
  const sdp = (direction: string, version: number): string =>
    `v=0\r\no=- 1 ${version} IN IP4 ${DESK}\r\ns=-\r\nc=IN IP4 ${DESK}\r\nt=0 0\r\nm=audio ${call?.rtp.endpoint.port} RTP/AVP 0\r\na=${direction}\r\n`;
  for (const [direction, answer] of [['sendonly', 'recvonly'] as const, ['sendrecv', 'sendrecv'] as const]) {
    let said: string | undefined;
    void call?.dialog?.reinvite(sdp(direction, direction === 'sendonly' ? 8 : 9), new AbortController().signal).then(
      (sdp) => {
        said = sdp.includes(`a=${answer}`) ? answer : 'misunderstood';
      },
      () => {
        said = 'lost';
      },
    );
    await until(() => said !== undefined);
    if (said !== answer) return said ?? 'hangs';
    await world.clock.advance(500);
  }
  return 'held and resumed';
});

const sendsOn = talks(async ({ desk, refer }, until) => {
  const told = refer(desk.callTo('alice')?.dialog, { uri: `sip:${FRIEND}@${SERVER}` });
  await until(() => told.outcome !== undefined || told.error !== undefined);
  return told.outcome?.result ?? 'lost';
});

const joins = talks(async ({ world, phones, desk, dials, refer }, until) => {
  const second = await dials(OTHER);
  await until(() => second.dialog !== undefined || second.failure !== undefined);
  const { dialog } = second;
  if (!dialog) return 'lost';
  // Nobody is transferred to who does not talk yet; an ACK of hers that was lost has been repeated by then.
  await until(() => phones.callTo(OTHER)?.dialog?.state.invite.acked === true);
  await world.clock.advance(8000);
  const { callId, localTag, remoteTag } = dialog.state;
  const replaces = { callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false };
  const told = refer(desk.callTo('alice')?.dialog, { uri: `sip:whoever@${SERVER}`, replaces });
  await until(() => told.outcome !== undefined || told.error !== undefined);
  void dialog.bye();
  return told.outcome?.result ?? 'lost';
});

const confers: Kind = (options) => {
  const people = {
    [numberToDial]: { answerAfterMs: 100, says: 1, hangUpAfterMs: 4000 },
    [FRIEND]: { answerAfterMs: 500, hangUpAfterMs: 2000 },
  };
  const { world, phones, begin } = meetingScene(people, {}, options);
  const call = async (): Promise<Outcomes> => {
    const sessions = await begin();
    for (const session of sessions) expect(await world.over(session)).toBe(true);
    return sessions.map(({ outcome }) => outcome);
  };
  return new LastingWorld({ world, phones: [phones], call });
};

/** Somebody calls us: the carrier a number, or alice something. Who offers late leaves the offer to us, and answers it in the ACK. */
const comesIn =
  ({ isUser = false, offersLate = false }): Kind =>
  (options: Partial<WorldOptions>) => {
    const userFlow = { flowId: 'flow-1', parameters: {} };
    const world = callWorld({ flow: talk, phoneIsThere: false, ...(isUser && { userFlow }), ...options });
    const phones = partyPhones(world, {}, isUser ? DESK : undefined);
    const dialledNumber = isUser ? '*98' : callerId;
    const hop = { address: SERVER, port: 5060, transport: 'udp' } as const;
    const address = isUser ? DESK : '10.0.0.2';
    const sdp = `v=0\r\no=- 9 9 IN IP4 ${address}\r\ns=-\r\nc=IN IP4 ${address}\r\nt=0 0\r\nm=audio ${AUDIO_PORT} RTP/AVP 0\r\n`;
    const rtp = new RtpPeer(world.network.datagramSocket({ address, port: AUDIO_PORT }), world.clock);
    const call = async (): Promise<Outcomes> => {
      const log = new CallLog();
      log.onAnswered = (dialog) => dialog.onEnded(rtp.keepSending(audioOf(log.sdp ?? '')));
      phones.agent.invite(
        {
          to: hop,
          requestUri: `sip:${dialledNumber}@${SERVER}`,
          from: `sip:${isUser ? 'alice' : '+18145550001'}@${SERVER}`,
          toUri: `sip:${dialledNumber}@${SERVER}`,
          offer: offersLate ? (offer) => (/^m=audio \d+ RTP\/AVP .*\b0\b/m.test(offer) ? sdp : undefined) : sdp,
          credentials: alice,
        },
        log,
      );
      expect(await world.clock.runUntil(() => (log.failure ?? log.end) !== undefined, MOST_MS)).toBe(true);
      await world.clock.runUntil(() => world.service.liveSessions === 0, MOST_MS);
      const heard = rtp.received.splice(0).length;
      const { outcome } = [...world.sessions.values()][0] ?? {};
      return [heard > 0 ? outcome : `${outcome}, unheard`];
    };
    return new LastingWorld({ world, phones: [phones], call, close: async () => rtp.close() });
  };

const untold = { unknown: (log: LossLog): boolean => log.leftNotifyUnanswered() };

/** By what happens in them: calls of several parties, and how each ends. */
export const kindsOfCalls: Readonly<Record<string, CallsOfAKind>> = {
  'somebody is dialled': { open: dials({ answerAfterMs: 2000, says: 2, hangUpAfterMs: 3000 }), outcome: `Done Answered ${FRIEND}` },
  'who is dialled is busy': { open: dials({ answerAfterMs: 500, reject: 486 }), outcome: 'Busy' },
  'who is dialled never answers': { open: dials({}), outcome: 'NoAnswer', unless: { Failed: (log) => log.neverRang(FRIEND) } },
  'early media': { open: dials({ announces: 7, answerAfterMs: 3000, hangUpAfterMs: 1000 }), outcome: `Done Answered ${FRIEND}` },
  'two phones of a user ring': {
    open: dials(
      {},
      { User: 'ada' },
      {
        endpoints,
        userFlow: undefined,
        registered: { [DESK]: { alice: { answerAfterMs: 1500, hangUpAfterMs: 2000 } }, [MOBILE]: { alice: { answerAfterMs: 9000 } } },
      },
    ),
    outcome: 'Done Answered ALICE',
  },
  'hold and resume': { open: holds, outcome: 'held and resumed' },
  'a blind transfer': { open: sendsOn, outcome: 'transferred', unless: untold },
  'an attended transfer': { open: joins, outcome: 'transferred', unless: untold },
  'a conference': { open: confers, outcome: 'CalleeHungUp' },
  'a call comes from the carrier': { open: comesIn({}), outcome: 'Served' },
  'the phone of a user calls': { open: comesIn({ isUser: true }), outcome: 'Served' },
  ...recordedKinds,
  ...registeredKinds,
};

/** More of them, of which there are not thousands: each kind costs the time of two counts on each network. */
export const moreKindsOfCalls: Readonly<Record<string, CallsOfAKind>> = {
  'one of two is busy': {
    open: dials(
      { answerAfterMs: 500, reject: 486 },
      { Number: `${FRIEND},${OTHER}` },
      { others: { [OTHER]: { answerAfterMs: 2000, says: 2, hangUpAfterMs: 3000 } } },
    ),
    outcome: `Done Answered ${OTHER}`,
  },
  'a call comes without an offer': { open: comesIn({ offersLate: true }), outcome: 'Served' },
  ...operatedKinds,
  ...flowTransferKinds,
  ...conferenceKinds,
  ...operatedRecordedKinds,
};
