import { expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLER, CallLog, request, sipScene } from '../support/sip-agents.ts';

it.each([
  ['a 2xx to its INVITE is acknowledged', 200, 0, 1],
  ['a 2xx to another INVITE is not', 200, 7, 0],
  ['a refusal is not', 486, 0, 0],
])('of the answers that reach who has taken a call over, %s', async (_what, status, later, acks) => {
  const scene = sipScene((invite) => void invite.answer(ANSWER).catch(() => undefined));
  const call = new CallLog();
  scene.caller.invite(request(), call);
  await scene.clock.advance(1000);
  const state = call.dialog?.state;
  if (!state) throw new Error('The call is not up');
  await scene.caller.close();
  const wires = [scene.network.wire('udp', CALLER)];
  const second = new UserAgent({ wires, clock: scene.clock, random: seededRandom(9), log: silentLogger, product: 'second' });
  second.takeOver(state);
  const elsewhere = new RawPeer(scene.network.wire('udp', { address: '10.0.0.3', port: 5060 }));
  const lines = [
    `SIP/2.0 ${status} Late`,
    'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKofthefirst',
    `From: ${state.local}`,
    `To: ${state.remote}`,
    `Call-ID: ${state.callId}`,
    `CSeq: ${state.invite.cSeq + later} INVITE`,
    'Content-Length: 0',
  ];
  const before = scene.seen.length;
  elsewhere.send(`${lines.join('\n')}\n\n`, CALLER);
  await scene.clock.advance(10);
  expect(scene.seen.slice(before).filter((line) => line === '-> ACK')).toHaveLength(acks);
  await second.close();
  await scene.callee.close();
  expect(scene.clock.pendingTimers).toBe(0);
});
