import { describe, expect, it } from 'vitest';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { manager, nothingLeft, numberToDial, PHONE, type WorldOptions } from '../support/call-world.ts';
import { calledParty } from '../support/called-party.ts';
import { carrier, plainTrunk, targetAt } from '../support/carriers.ts';
import { dialScene } from '../support/dialled-call.ts';
import { waiting } from '../support/incoming-scene.ts';
import type { Person } from '../support/party-phones.ts';
import { FRIEND, OTHER, THIRD, talking } from '../support/transfer-world.ts';

// A caller in PCMA, on a trunk that is offered PCMU first.

const GATEWAY = '10.0.0.7';
const never = new AbortController().signal;
const caller: Person = { answerAfterMs: 100, says: 9, codecs: ['PCMA'] };
const callee: Person = { answerAfterMs: 500, says: 5, hangUpAfterMs: 2000, codecs: ['PCMU', 'PCMA'] };
const formatsOf = (invite: IncomingInvite): string | undefined => /RTP\/AVP (.*)\r/.exec(invite.sdp ?? '')?.[1];
const dialledNumber = (invite: IncomingInvite): string => /sip:([^@;>]*)/.exec(invite.to)?.[1] ?? '';

/** The caller is put through to FRIEND, where a gateway of the trunk is asked first, and answers like this. */
async function throughGateway(onInvite: (invite: IncomingInvite) => void, options: Partial<WorldOptions>) {
  const { world, phones } = dialScene({ [numberToDial]: caller, [FRIEND]: callee }, { Number: FRIEND }, options);
  const gateway = carrier(world, GATEWAY, onInvite);
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  const left = await world.finish();
  await Promise.all([phones.close(), gateway.close()]);
  expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 2 }).toEqual(nothingLeft);
  expect([session.mediaReport?.codec, session.partyReports?.[0]?.mediaReport?.codec]).toEqual(['PCMA', 'PCMA']);
  return {
    atGateway: gateway.invites.filter((invite) => dialledNumber(invite) === FRIEND).map(formatsOf),
    atFriend: phones.callTo(FRIEND)?.formats.join(' '),
  };
}

const targets = [targetAt(GATEWAY), targetAt(PHONE, { priority: 1 })];
const movedOn = (invite: IncomingInvite) => invite.reject(302, undefined, [['Contact', `<sip:${dialledNumber(invite)}@${PHONE}>`]]);
const announcement = [`v=0`, `o=- 1 1 IN IP4 ${GATEWAY}`, 's=-', `c=IN IP4 ${GATEWAY}`, 't=0 0', 'm=audio 7000 RTP/AVP 0', ''].join('\r\n');

describe('the codec of the caller is offered first', () => {
  it('to the next target of a trunk', async () => {
    const { atGateway, atFriend } = await throughGateway((invite) => invite.reject(503), { targets });
    expect(new Set([...atGateway, atFriend])).toEqual(new Set(['8 0 9 101']));
  });

  it('to the next trunk, whose own order comes after it', async () => {
    const { atFriend } = await throughGateway((invite) => invite.reject(503), {
      targets: [targetAt(GATEWAY)],
      otherTrunks: [plainTrunk(PHONE, { trunkId: 'trunk-2', priority: 1, codecs: ['G722', 'PCMU', 'PCMA'] })],
    });
    expect(atFriend).toBe('8 9 0 101');
  });

  it('to where a target redirects the call, also after an announcement in another codec', async () => {
    const { atGateway, atFriend } = await throughGateway(movedOn, { targets });
    expect([...atGateway, atFriend]).toEqual(['8 0 9 101', '8 0 9 101']);
    const announced = await throughGateway(
      (invite) => {
        if (dialledNumber(invite) === FRIEND) invite.ring(announcement);
        movedOn(invite);
      },
      { targets },
    );
    expect([...announced.atGateway, announced.atFriend]).toEqual(['8 0 9 101', '8 0 9 101']);
  });

  it('to whom a request redirects the call to, and to whom one calls into its conference', async () => {
    const people = { [numberToDial]: caller, [FRIEND]: callee, [OTHER]: callee };
    const { world, phones, sessionId, live, over } = await calledParty(people, { flow: waiting });
    await world.clock.advance(500);
    await world.service.conferences.start(manager, { sessionId });
    await world.service.conferences.addMember(manager, { sessionId, destination: OTHER });
    await world.clock.advance(3000);
    void live.redirect(manager, { sessionId, destination: FRIEND });
    await over();
    expect([OTHER, FRIEND].map((number) => phones.callTo(number)?.formats.join(' '))).toEqual(['8 0 9 101', '8 0 9 101']);
  });
});

describe('who is sent on by the phone of another is called in the codec of the one who stays', () => {
  it('when who was dialled, in another, sends the caller on', async () => {
    const { world, phones } = dialScene(
      { [numberToDial]: caller, [FRIEND]: { ...callee, codecs: ['PCMU'] }, [OTHER]: callee },
      { Number: FRIEND, AllowTransfer: true },
    );
    const session = await world.call();
    await world.clock.advance(1500);
    void phones.callTo(FRIEND)?.dialog?.refer({ uri: `sip:${OTHER}@10.0.0.1` }, never);
    expect(await world.over(session)).toBe(true);
    const left = await world.finish();
    await phones.close();
    expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 1 }).toEqual(nothingLeft);
    expect(phones.callTo(FRIEND)?.formats.join(' ')).toBe('8 0 9 101');
    expect(phones.callTo(OTHER)?.formats.join(' ')).toBe('8 0 9 101');
    expect(phones.heard(OTHER)).toContain(9);
    expect(phones.callTo(OTHER)?.rtp.received.map(({ payloadType }) => payloadType)).not.toContain(0);
  });

  it('when a caller, in another, sends on who was dialled', async () => {
    const { world, phones, dials, refer, finish } = await talking(
      {},
      { [OTHER]: { answerAfterMs: 100, says: 4, codecs: ['PCMA'] }, [THIRD]: { answerAfterMs: 600, says: 5, codecs: ['PCMU', 'PCMA'] } },
    );
    void phones.callTo(numberToDial)?.dialog?.bye();
    const { dialog } = await dials(OTHER);
    expect(phones.callTo(OTHER)?.formats.join(' ')).toBe('0 8 9 101');
    refer(dialog, { uri: `sip:${THIRD}@10.0.0.1` });
    await world.clock.advance(3000);
    expect(phones.callTo(THIRD)?.formats.join(' ')).toBe('8 0 9 101');
    expect(phones.heard(THIRD, world.clock.now() - 200)).toEqual([4]);
    void phones.callTo(THIRD)?.dialog?.bye();
    await finish();
  });
});
