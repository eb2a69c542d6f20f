import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { LegMedia } from '../../src/telephony/leg-media.ts';
import { LocalMedia } from '../../src/telephony/media/local-media.ts';
import type { MediaStream } from '../../src/telephony/media/media-port.ts';
import { newLocalSrtp } from '../../src/telephony/sdp/srtp-offer.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';

const never = new AbortController().signal;

const flow = flowOf({
  ask: ['GatherNode', { Prompt: 'x'.repeat(20), MaxDigits: 4, Digits: into('Entered'), Done: to('route') }],
  route: ['StringMatchNode', { String: from('Session', 'Entered'), Choices: ['1234'], '1234': to('right') }],
  right: ['SayNode', { WhatToSay: 'x'.repeat(20), Done: to('bye') }],
  bye: ['HangUpNode', { Outcome: 'The right branch' }],
});

describe('a phone that changes its keys and its port during a call with SRTP', () => {
  it('is heard and hears with the new ones', async () => {
    const messages: string[] = [];
    const world = callWorld({
      flow,
      srtp: 'required',
      phoneIsThere: false,
      filter: (bytes) => {
        if ((bytes[0] ?? 0) >> 6 !== 2) messages.push(Buffer.from(bytes).toString());
        return 'pass';
      },
    });
    const { clock, network } = world;
    const media = new LocalMedia({
      clock,
      random: seededRandom(41),
      host: PHONE,
      portRange: { first: 30_000, last: 30_009 },
      openSocket: (local) => network.datagramSocket(local),
      maxStreams: 2,
    });
    // Another port, as the phone's own side must know nothing of the keys before.
    const [before, after] = [await media.open(), await media.open()];
    const withKeys = (stream: MediaStream, seed: number, version: number): LegMedia => {
      const srtp = newLocalSrtp('required', seededRandom(seed));
      const { address, port } = stream.local;
      return new LegMedia(stream, { address, port, sessionId: '7', version, codecs: ['PCMU'], telephoneEvent: 101, ...(srtp && { srtp }) });
    };
    const first = withKeys(before, 42, 1);
    const dialogs: Dialog[] = [];
    const agent = new UserAgent({
      wires: [network.wire('udp', { address: PHONE, port: 5060 })],
      clock,
      random: seededRandom(43),
      log: silentLogger,
      product: 'phone',
      onInvite: (invite) => void invite.answer(first.offered(invite.sdp ?? '') ?? '').then((dialog) => dialogs.push(dialog)),
    });
    const session = await world.call();
    await clock.advance(600);
    void before.sendDigits('12', never);
    await clock.advance(600);
    const second = withKeys(after, 44, 2);
    const changed = dialogs[0]?.reinvite(() => second.offer(), never).then((answer) => second.answered(answer));
    await clock.advance(20);
    expect(await changed).toBe(true);
    void after.sendDigits('34', never);
    expect(second.agreed?.srtp?.send).not.toEqual(first.agreed?.srtp?.send);
    expect(await world.over(session)).toBe(true);
    expect(session.outcome).toBe('The right branch');
    const phoneReport = await after.close();
    // Prompts and the silence between them, without a gap at the change of the keys.
    expect(phoneReport).toMatchObject({ unauthentic: 0, lost: 0, audible: true });
    expect(phoneReport.longestGapMs).toBeLessThan(30);
    const keys = new Set(messages.join('').match(/inline:\S+/g));
    expect(keys.size).toBeGreaterThanOrEqual(3 + 1 + 3);
    await agent.close();
    await media.close();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
