import { expect, it } from 'vitest';
import { incomingScene, waiting } from '../support/incoming-scene.ts';
import { offerAt } from '../support/raw-caller.ts';

const key = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${Buffer.alloc(30, 7).toString('base64')}`;
const feedback = ['a=rtcp-fb:* nack', 'a=rtcp-fb:0 trr-int 100'];

it.each([
  ['off', 'RTP/AVPF', feedback],
  ['optional', 'RTP/AVPF', feedback],
  ['required', 'RTP/AVPF', [...feedback, key]],
  ['optional', 'RTP/SAVPF', [...feedback, key]],
  ['required', 'RTP/SAVPF', [...feedback, key]],
] as const)('a trunk with SRTP %s takes an offer of %s, and answers with that and without feedback', async (srtp, protocol, lines) => {
  const { world, caller, finish } = incomingScene({ srtp, flow: waiting });
  await caller.invite({ sdp: offerAt('10.0.0.2', 30_000, { protocol, lines }) });
  await caller.ack();
  expect(caller.statuses()).toEqual([100, 180, 200]);
  expect(caller.sdp()).toContain(` ${protocol} 0 101\r\n`);
  expect(caller.sdp()).not.toContain('rtcp-fb');
  expect(caller.sdp().includes('a=crypto:')).toBe(lines.length === 3);
  await world.clock.advance(1000);
  await caller.request('BYE', 2);
  await finish();
});

it.each([
  ['off', 'RTP/SAVPF', [key]],
  ['optional', 'RTP/SAVPF', []],
  ['required', 'RTP/AVPF', []],
  ['optional', 'UDP/TLS/RTP/SAVPF', []],
] as const)('a trunk with SRTP %s that is offered %s with %j refuses it before it rings', async (srtp, protocol, lines) => {
  const { caller, session, finish } = incomingScene({ srtp, flow: waiting });
  await caller.invite({ sdp: offerAt('10.0.0.2', 30_000, { protocol, lines }) });
  await caller.ack({ refused: true });
  expect(caller.statuses()).toEqual([100, 488]);
  expect(session()).toMatchObject({ outcome: 'Failed', sipCause: 488 });
  await finish();
});
