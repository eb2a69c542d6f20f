import { describe, expect, it } from 'vitest';
import type { DialledEndpoint } from '../../src/directory/dialled-endpoints.ts';
import { encodeG711, linearOf } from '../../src/telephony/audio/g711.ts';
import { callerId, manager, nothingLeft, numberToDial, type WorldOptions } from '../support/call-world.ts';
import { dialled, dialScene } from '../support/dialled-call.ts';
import type { ShortParameter } from '../support/flow-builder.ts';
import { incomingScene, waiting } from '../support/incoming-scene.ts';
import { RtpPeer } from '../support/media-rig.ts';
import { type Person, partyPhones } from '../support/party-phones.ts';
import { offerAt } from '../support/raw-caller.ts';
import { CallLog } from '../support/sip-agents.ts';

const FRIEND = '+18144043111';
const DESK = '10.0.1.1';
const MOBILE = '10.0.1.2';
const bob: DialledEndpoint = { type: 'User', userId: 'id of bob', userName: 'bob', displayName: 'BOB' };

const caller = (...codecs: NonNullable<Person['codecs']>): Person => ({ answerAfterMs: 100, says: 9, codecs });
const callee = (...codecs: NonNullable<Person['codecs']>): Person => ({ answerAfterMs: 500, says: 5, hangUpAfterMs: 2000, codecs });

/** What a code of one law of G.711 becomes in the other. */
function inOther(codec: 'PCMU' | 'PCMA', code: number): number {
  const target = new Uint8Array(1);
  encodeG711(codec === 'PCMU' ? 'PCMA' : 'PCMU', Int16Array.of(linearOf(codec, code)), target);
  return target[0] ?? -1;
}

/** Alice calls from her desk with this m-line, and the flow dials FRIEND over the trunk, or bob, by these parameters. */
async function fromDesk(
  { formats, payloadType }: { readonly formats: string; readonly payloadType: number },
  parameters: Readonly<Record<string, ShortParameter>>,
  who: Person,
  trunk: WorldOptions['trunk'] = {},
) {
  /** INVITEs that came to the desk, and would change its call. */
  let changes = 0;
  const { world, phones, others } = dialScene({ [FRIEND]: who }, parameters, {
    filter: (bytes, _from, to) => {
      if (to.address === DESK && Buffer.from(bytes).toString('latin1', 0, 7) === 'INVITE ') changes += 1;
      return 'pass';
    },
    ...{ endpoints: { bob }, userFlow: { flowId: 'flow-1', parameters: {} }, registered: { [MOBILE]: { bob: who } } },
    trunk,
  });
  const desk = partyPhones(world, {}, DESK);
  const rtp = new RtpPeer(world.network.datagramSocket({ address: DESK, port: 31_000 }), world.clock);
  const call = new CallLog();
  desk.agent.invite(
    {
      to: { address: '10.0.0.1', port: 5060, transport: 'udp' },
      ...{ requestUri: 'sip:7@10.0.0.1', from: 'sip:alice@10.0.0.1', toUri: 'sip:7@10.0.0.1' },
      offer: `v=0\r\no=- 9 9 IN IP4 ${DESK}\r\ns=-\r\nc=IN IP4 ${DESK}\r\nt=0 0\r\nm=audio 31000 RTP/AVP ${formats}\r\na=rtpmap:96 opus/48000/2\r\n`,
      credentials: { userName: 'alice', password: 'secret of alice' },
    },
    call,
  );
  await world.clock.advance(300);
  const port = Number(/m=audio (\d+)/.exec(call.sdp ?? '')?.[1]);
  await rtp.speak({ address: '10.0.0.1', port }, 2500, 9, payloadType);
  const [session] = world.sessions.values();
  if (!session) throw new Error('The call was not taken');
  expect(await world.over(session)).toBe(true);
  const left = await world.finish();
  const all = [phones, desk, ...others];
  await Promise.all(all.map((one) => one.close()));
  rtp.close();
  const ports = (left.ports ?? 0) - all.flatMap(({ calls }) => calls).length - all.length - 1;
  const [called] = all.flatMap(({ calls }) => calls);
  const codecs = [session.mediaReport?.codec, session.partyReports?.[0]?.mediaReport?.codec];
  const bytesAt = ({ received }: RtpPeer): Set<number> => new Set(received.flatMap(({ payload }) => [...payload]));
  return { called, rtp, codecs, changes, left: { ...left, ports }, heard: called && bytesAt(called.rtp), heardAtDesk: bytesAt(rtp) };
}

describe('who is dialled is offered the codec of the caller first', () => {
  it('over a trunk, whatever that has first: both hear each other unchanged', async () => {
    for (const trunk of [{}, { codecs: ['PCMU', 'PCMA', 'G722'] as const }]) {
      const { phones, session, left } = await dialled(
        { [numberToDial]: caller('PCMA'), [FRIEND]: callee('PCMU', 'PCMA') },
        { Number: FRIEND },
        { trunk },
      );
      expect(phones.callTo(numberToDial)?.formats).toEqual(['0', '8', '9', '101']);
      expect(phones.callTo(FRIEND)?.formats).toEqual(['8', '0', '9', '101']);
      expect([session.mediaReport?.codec, session.partyReports?.[0]?.mediaReport?.codec]).toEqual(['PCMA', 'PCMA']);
      expect(phones.heard(numberToDial)).toContain(5);
      expect(phones.heard(FRIEND)).toContain(9);
      expect(left).toEqual(nothingLeft);
    }
  });

  it('at a phone: two that have G.722 hear each other in it, unchanged', async () => {
    const { called, codecs, heard, heardAtDesk, left } = await fromDesk(
      { formats: '9 0', payloadType: 9 },
      { User: 'bob' },
      callee('PCMU', 'G722'),
    );
    expect(called?.formats).toEqual(['9', '0', '8', '111', '101', '102']);
    expect(codecs).toEqual(['G722', 'G722']);
    expect(heard).toContain(9);
    expect(heardAtDesk).toContain(5);
    expect(left).toEqual(nothingLeft);
  });

  it('at a phone: Opus too', async () => {
    const { called, left } = await fromDesk({ formats: '96 0', payloadType: 96 }, { User: 'bob' }, callee('PCMU'));
    expect(called?.formats).toEqual(['111', '0', '8', '9', '101', '102']);
    expect(left).toEqual(nothingLeft);
  });

  it('not over a trunk that may not have it: its own order stays, and each hears the other in a codec of its own', async () => {
    const opus = await fromDesk({ formats: '96', payloadType: 96 }, { Number: FRIEND, CallerId: callerId }, callee('PCMU', 'PCMA'));
    expect(opus.called?.formats).toEqual(['0', '8', '9', '101']);
    expect(opus.codecs).toEqual(['opus', 'PCMU']);
    expect(opus.rtp.received.filter(({ payloadType }) => payloadType === 96).length).toBeGreaterThan(90);
    const wide = await fromDesk({ formats: '9', payloadType: 9 }, { Number: FRIEND, CallerId: callerId }, callee('PCMU', 'PCMA'), {
      codecs: ['PCMA', 'PCMU'],
    });
    expect(wide.called?.formats).toEqual(['8', '0', '101']);
    expect(wide.codecs).toEqual(['G722', 'PCMA']);
    expect([opus.left, wide.left]).toEqual([nothingLeft, nothingLeft]);
  });

  it('and may take another that the caller has offered too: each keeps its own, is asked for no other, and hears the other', async () => {
    const { called, codecs, changes, heard, heardAtDesk, left } = await fromDesk(
      { formats: '0 8', payloadType: 0 },
      { Number: FRIEND, CallerId: callerId },
      callee('PCMA'),
    );
    expect(called?.formats).toEqual(['0', '8', '9', '101']);
    expect(codecs).toEqual(['PCMU', 'PCMA']);
    expect([changes, called?.offers]).toEqual([0, []]);
    expect(heard).toContain(inOther('PCMU', 9));
    expect(heardAtDesk).toContain(inOther('PCMA', 5));
    expect(left).toEqual(nothingLeft);
  });
});

describe('a hold', () => {
  it.each([
    ['PCMA', '8 0 101', '8 0 9 111 101 102'],
    ['G.722', '9 0 101', '9 0 8 111 101 102'],
    ['Opus', '111 0 101', '111 0 8 9 101 102'],
  ])(
    'does not change the codec of a caller in %s: that is offered first, with the number that it has anyway',
    async (_name, theirs, ours) => {
      const { world, caller, session, finish } = incomingScene({ flow: waiting });
      const sdp = offerAt('10.0.0.2', 30_000, { lines: ['a=rtpmap:111 opus/48000/2'] }).replace('0 101', theirs);
      await caller.invite({ sdp });
      await caller.ack();
      caller.peer.onMessage = (message, from) => {
        if (message.kind === 'request' && message.method === 'INVITE')
          caller.peer.reply(message, 200, from, { sdp: `${sdp}a=recvonly\r\n` });
      };
      const held = world.service.live.hold(manager, { sessionId: session()?.row.id ?? '' });
      await world.clock.advance(500);
      await held;
      const [again] = caller.requests('INVITE');
      expect(/RTP\/AVP (.*)\r/.exec(Buffer.from(again?.body ?? []).toString())?.[1]).toBe(ours);
      await caller.request('BYE', 2);
      await finish();
    },
  );
});
