import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { newRtpHeader, readRtpHeader } from '../../src/telephony/rtp/packet.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { ReferAsked } from '../../src/telephony/sip/dialog-refers.ts';
import { writeReplaces } from '../../src/telephony/sip/replaces.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { callWorld, nothingLeft, numberToDial } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { CallLog } from '../support/sip-agents.ts';

const PHONE = '10.0.0.2';
const sdp = (port: number) =>
  ['v=0', `o=- 9 ${port} IN IP4 ${PHONE}`, 's=-', `c=IN IP4 ${PHONE}`, 't=0 0', `m=audio ${port} RTP/AVP 0`, ''].join('\r\n');

const moves = flowOf({
  move: ['TransferNode', { Target: '+15550177', Transferred: to('yes'), Accepted: to('perhaps'), Refused: to('no'), Failed: to('busy') }],
  yes: ['HangUpNode', { Outcome: 'Transferred' }],
  perhaps: ['HangUpNode', { Outcome: 'Accepted' }],
  no: ['HangUpNode', { Outcome: 'Refused' }],
  busy: ['HangUpNode', { Outcome: 'Busy' }],
});
const talks = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(300), Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Talked' }] });

/** A server that runs the flow, and a phone that answers; `whenUp` gets the dialog of the phone. */
async function calling(flow: typeof moves, whenUp: (dialog: Dialog) => void) {
  const world = callWorld({ flow, phoneIsThere: false });
  const dialogs: Dialog[] = [];
  const agent = (address: string, seed: number): UserAgent =>
    new UserAgent({
      wires: [world.network.wire('udp', { address, port: 5060 })],
      clock: world.clock,
      random: seededRandom(seed),
      log: silentLogger,
      product: 'phone',
      onInvite: (invite) =>
        void invite.answer(sdp(30_000)).then((dialog) => {
          dialogs.push(dialog);
          whenUp(dialog);
        }),
    });
  const phone = agent(PHONE, 21);
  const stranger = agent('10.0.0.66', 22);
  const session = await world.call();
  const finish = async (): Promise<void> => {
    expect(await world.over(session)).toBe(true);
    await world.clock.advance(200_000);
    await Promise.all([phone.close(), stranger.close()]);
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, session, phone, stranger, dialogs, finish };
}

describe('a flow that transfers its call', () => {
  it.each([
    [200, 'Transferred'],
    [486, 'Busy'],
  ])('goes on by what comes of the new call: %i, %s', async (status, outcome) => {
    const asked: ReferAsked[] = [];
    const { session, finish } = await calling(moves, (dialog) => {
      dialog.onRefer = (what) => {
        asked.push(what);
        return (report) => report.tell(status, 'Told');
      };
    });
    await finish();
    expect(asked).toEqual([{ uri: `sip:+15550177@${PHONE}`, referredBy: expect.stringContaining('sip:+') }]);
    expect(session.outcome).toBe(outcome);
  });

  it('goes on when the phone declines', async () => {
    const { session, finish } = await calling(moves, () => {});
    await finish();
    expect(session.outcome).toBe('Refused');
  });

  it('ends with a phone that hangs up while it is at it', async () => {
    const { session, finish } = await calling(moves, (dialog) => {
      dialog.onRefer = () => () => void dialog.bye();
    });
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
  });
});

describe('a phone that asks to be transferred', () => {
  it('is declined: nobody outside makes us call anybody', async () => {
    const { world, dialogs, session, finish } = await calling(talks, () => {});
    await world.clock.advance(500);
    await expect(
      Promise.all([dialogs[0]?.refer({ uri: 'sip:+9001@10.0.0.1' }, new AbortController().signal), world.clock.advance(500)]).then(
        ([outcome]) => outcome,
      ),
    ).resolves.toEqual({ result: 'refused', sip: 603, reason: 'Decline' });
    await finish();
    expect(session.outcome).toBe('Talked');
  });
});

describe('a phone that hands its call over to another (Replaces)', () => {
  /** Another call that names the one that is up, from `by`. */
  function takesOver(by: UserAgent, dialog: Dialog | undefined, port: number, offer = sdp(port)): CallLog {
    if (!dialog) throw new Error('The call is not up');
    const { callId, localTag, remoteTag } = dialog.state;
    const call = new CallLog();
    const replaces = writeReplaces({ callId, toTag: remoteTag, fromTag: localTag, earlyOnly: false });
    by.invite(
      {
        to: { address: '10.0.0.1', port: 5060, transport: 'udp' },
        requestUri: `sip:${numberToDial}@10.0.0.1`,
        from: `sip:other@${PHONE}`,
        toUri: 'sip:us@10.0.0.1',
        offer,
        headers: [['Replaces', replaces]],
      },
      call,
    );
    return call;
  }

  it('goes on with the flow there, and is hung up at the old one', async () => {
    const { world, phone, dialogs, session, finish } = await calling(talks, () => {});
    let heard = 0;
    const header = newRtpHeader();
    const socket = world.network.datagramSocket({ address: PHONE, port: 31_000 });
    socket.onReceive((bytes) => {
      if (readRtpHeader(bytes, header)) heard += 1;
    });
    await world.clock.advance(1_000);
    expect(heard).toBe(0);
    const call = takesOver(phone, dialogs[0], 31_000);
    await world.clock.advance(1_000);
    expect(call.events).toEqual(['sent', '100', 'answered']);
    expect(dialogs[0]?.ended).toBe(true);
    expect(heard).toBeGreaterThan(40);
    socket.close();
    await finish();
    expect(call.events.at(-1)).toBe('ended by peer');
    expect(session.outcome).toBe('Talked');
  });

  it('from anywhere else is refused, and the call goes on', async () => {
    const { world, stranger, dialogs, session, finish } = await calling(talks, () => {});
    await world.clock.advance(1_000);
    const call = takesOver(stranger, dialogs[0], 31_000);
    await world.clock.advance(1_000);
    expect(call.failure).toMatchObject({ status: 403 });
    expect(dialogs[0]?.ended).toBe(false);
    await finish();
    expect(session.outcome).toBe('Talked');
  });

  it('with an offer that cannot be taken is refused, and the call goes on', async () => {
    const { world, phone, dialogs, session, finish } = await calling(talks, () => {});
    await world.clock.advance(1_000);
    const call = takesOver(phone, dialogs[0], 31_000, sdp(31_000).replace('RTP/AVP 0', 'RTP/AVP 18'));
    await world.clock.advance(1_000);
    expect(call.failure).toMatchObject({ status: 488 });
    expect(dialogs[0]?.ended).toBe(false);
    await finish();
    expect(session.outcome).toBe('Talked');
  });
});
