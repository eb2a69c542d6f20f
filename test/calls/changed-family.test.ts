import { describe, expect, it } from 'vitest';
import { familyOf } from '../../src/wire/ip-address.ts';
import { callWorld, nothingLeft, numberToDial, PHONE, SERVER } from '../support/call-world.ts';
import { targetAt } from '../support/carriers.ts';
import { flowOf, into, to } from '../support/flow-builder.ts';
import { RtpPeer } from '../support/media-rig.ts';
import { isMessage } from '../support/message-facts.ts';
import { partyPhones } from '../support/party-phones.ts';

// A server that has an IPv4 and an IPv6 address, and a phone that goes from one family to the other in the middle of a call.

const SERVER_SIX = '2001:db8::1';
const SIX = '2001:db8::2';
const never = new AbortController().signal;
const words = 'x'.repeat(250);

/** Asks for a key, holds the call for three seconds, asks for another one, and hangs up with both as the outcome. */
const flow = flowOf({
  ask: ['GatherNode', { Prompt: words, TimeoutInSeconds: 5, Digits: into('First'), Done: to('hold'), NoInput: to('end') }],
  hold: ['HoldNode', { Done: to('wait') }],
  wait: ['WaitNode', { Timeout: 3, Done: to('resume') }],
  resume: ['ResumeNode', { Done: to('again') }],
  again: ['GatherNode', { Prompt: words, TimeoutInSeconds: 5, Digits: into('Second'), Done: to('end'), NoInput: to('end') }],
  end: ['HangUpNode', { Outcome: '{{ Session.First }} {{ Session.Second }}' }],
});

const connectionIn = (sdp: string | undefined): string | undefined => /^c=(.*)\r$/m.exec(sdp ?? '')?.[1];
const connection = (address: string): string => `IN IP${familyOf(address)} ${address}`;

/** A call to a phone at `before`, which may hear and speak at `after` too. */
async function inCall(before: string, after: string) {
  /** The ways that packets of audio took, from and to. */
  const ways: string[] = [];
  const world = callWorld({
    flow,
    otherServer: SERVER_SIX,
    phoneIsThere: false,
    targets: [targetAt(before)],
    filter: (bytes, from, to) => {
      if (!isMessage(bytes) && from.port % 2 === 0) ways.push(`${from.address} > ${to.address}`);
      return 'pass';
    },
  });
  const phones = partyPhones(world, { [numberToDial]: { answerAfterMs: 100, isMute: true } }, before);
  const moved = new RtpPeer(world.network.datagramSocket({ address: after, port: 31_000 }), world.clock);
  moved.ssrc = 0x8765_4321;
  const session = await world.call();
  await world.clock.advance(500);
  const call = phones.callTo(numberToDial);
  const dialog = call?.dialog;
  if (!dialog) throw new Error('The phone has not answered');
  /** The server's port, which is the same in both families. */
  const port = Number(/^m=audio (\d+)/m.exec(dialog.state.remoteSdp ?? '')?.[1]);
  const serverFor = (address: string) => ({ address: familyOf(address) === 4 ? SERVER : SERVER_SIX, port });
  let version = 1;
  /** What the phone says of itself once it has moved. */
  const movedSdp = (direction: string): string => {
    version += 1;
    const head = ['v=0', `o=- 1 ${version} ${connection(before)}`, 's=-', `c=${connection(after)}`, 't=0 0'];
    return [...head, 'm=audio 31000 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000', `a=${direction}`, ''].join('\r\n');
  };
  /** What we offered, in order. */
  const offers: string[] = [];
  dialog.onReinvite = (offer = '') => {
    offers.push(offer);
    return movedSdp(/^a=sendonly\r$/m.test(offer) ? 'recvonly' : 'sendrecv');
  };
  return {
    session,
    offers,
    /** The phone moves; answers the address of ours that it is answered. */
    async moves(): Promise<string | undefined> {
      const answer = dialog.reinvite(() => movedSdp('sendrecv'), never);
      await world.clock.advance(20);
      return connectionIn(await answer);
    },
    /** Presses a key where the phone was, or is. */
    press: (where: 'before' | 'after', key: string): Promise<void> =>
      where === 'before' ? call.rtp.press(serverFor(before), key) : moved.press(serverFor(after), key),
    /** How many packets took which way in a second. */
    async aSecond(): Promise<Record<string, number>> {
      await world.clock.advance(100);
      ways.length = 0;
      await world.clock.advance(1000);
      return Object.fromEntries([...new Set(ways)].map((way) => [way, ways.filter((other) => other === way).length]));
    },
    async finish(): Promise<void> {
      expect(await world.over(session)).toBe(true);
      const left = await world.finish();
      await phones.close();
      call.rtp.close();
      moved.close();
      expect({ ...left, ports: (left.ports ?? 0) - 3 }).toEqual(nothingLeft);
    },
  };
}

describe.each([
  [PHONE, SIX, { [`${SERVER} > ${PHONE}`]: 50 }, { [`${SERVER_SIX} > ${SIX}`]: 50 }, SERVER_SIX],
  [SIX, PHONE, { [`${SERVER_SIX} > ${SIX}`]: 50 }, { [`${SERVER} > ${PHONE}`]: 50 }, SERVER],
])('a phone that goes from %s to %s', (before, after, wayBefore, wayAfter, ours) => {
  it('with a re-INVITE is sent to and heard there, and our hold and its end stay there', async () => {
    const { session, offers, moves, press, aSecond, finish } = await inCall(before, after);
    expect(await aSecond()).toEqual(wayBefore);
    expect(await moves()).toBe(connection(ours));
    expect(await aSecond()).toEqual(wayAfter);
    await press('after', '5');
    expect(offers.map(connectionIn)).toEqual([connection(ours)]);
    expect(await aSecond()).toEqual(wayAfter);
    // The rest of the hold.
    expect(await aSecond()).toEqual(wayAfter);
    expect(await aSecond()).toEqual(wayAfter);
    expect(offers.map(connectionIn)).toEqual([connection(ours), connection(ours)]);
    await press('after', '7');
    await finish();
    expect(session.outcome).toBe('5 7');
  });

  it('with its answer to our hold is sent to and heard there from then on', async () => {
    const { session, offers, press, aSecond, finish } = await inCall(before, after);
    expect(await aSecond()).toEqual(wayBefore);
    await press('before', '5');
    expect(await aSecond()).toEqual(wayAfter);
    expect(await aSecond()).toEqual(wayAfter);
    expect(await aSecond()).toEqual(wayAfter);
    expect(offers.map(connectionIn)).toEqual([connection(before === PHONE ? SERVER : SERVER_SIX), connection(ours)]);
    await press('after', '7');
    await finish();
    expect(session.outcome).toBe('5 7');
  });
});
