import { setTimeout as delay } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import type { AnsweredCall } from '../../src/telephony/port.ts';
import { answeredCall, directCall } from '../support/direct-call.ts';
import { hearTone } from '../support/heard-by-us.ts';
import { type Linphone, startLinphone } from '../support/linphone.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { type DeadLineScene, endOf, expectAfter, overDeadLine, QUIET_MS, SILENCE_MS } from '../support/over-dead-lines.ts';
import { speaks } from '../support/talk-with-linphone.ts';
import { testPort } from '../support/test-port.ts';
import { running } from '../support/transfer-phones.ts';

const FIRST_PORT = 47_000;
const number = '+18144043093';

async function phoneOf({ closing }: DeadLineScene, sip: readonly string[] = []): Promise<{ phone: Linphone; port: number }> {
  const started = await inTurn(async () => {
    const port = await testPort();
    return { port, phone: await startLinphone(port, sip) };
  });
  closing(started.phone.close);
  return started;
}

/** Has linphone speak, and waits until it is heard. */
async function isHeard(phone: Linphone, leg: AnsweredCall): Promise<void> {
  await running(phone, 1);
  await speaks(phone, 700);
  await hearTone(leg, 700);
}

/** We call linphone, which answers. */
async function called(scene: DeadLineScene) {
  const { phone, port } = await phoneOf(scene);
  const call = await directCall(scene.telephony, number, await scene.line.farAt(port));
  const leg = await call.answered;
  await isHeard(phone, leg);
  return { phone, call, leg };
}

/** linphone calls us, and we answer. */
async function calling(scene: DeadLineScene, sip: readonly string[] = []) {
  const { phone } = await phoneOf(scene, sip);
  const at = await scene.line.nearAt(scene.sipPort);
  phone.command(`call sip:4000@127.0.0.1:${at}`);
  const incoming = await scene.incoming;
  return { phone, call: await answeredCall(incoming) };
}

overDeadLine('a line that dies as linphone acknowledges our answer: the call has failed', FIRST_PORT, async (scene) => {
  scene.line.cut({ since: /^ACK / });
  const { call } = await calling(scene);
  await call.answered;
  await vi.waitFor(() => expect(scene.line.stopped).toBeGreaterThan(0), { timeout: 10_000 });
  expectAfter(await scene.passTimeUntil(call.ended), SILENCE_MS);
  expect(await endOf(call)).toMatchObject({ outcome: 'Failed', sip: 408, reason: 'The answer was never acknowledged' });
});

overDeadLine('a line that dies as we answer linphone: the call has failed', FIRST_PORT, async (scene) => {
  scene.line.cut({ since: /^SIP\/2\.0 200 / });
  const { call } = await calling(scene);
  await call.answered;
  expectAfter(await scene.passTimeUntil(call.ended), SILENCE_MS);
  expect(await endOf(call)).toMatchObject({ outcome: 'Failed', sip: 408, reason: 'The answer was never acknowledged' });
});

overDeadLine('a line that dies in a call of linphone, which had to refresh it: it is over when it is not', FIRST_PORT, async (scene) => {
  const { call, phone } = await calling(scene, ['session_expires_enabled=1', 'session_expires_value=120']);
  const leg = await call.answered;
  const answeredAtMs = performance.now();
  await isHeard(phone, leg);
  scene.line.cut({});
  await delay(QUIET_MS);
  const talkedMs = performance.now() - answeredAtMs;
  const tookMs = await scene.passTimeUntil(call.ended);
  expect(await endOf(call)).toMatchObject({
    outcome: 'Failed',
    sip: 408,
    reason: 'The session was not refreshed in time',
    problems: ['AudioStopped'],
  });
  expectAfter(talkedMs + tookMs, 88_000);
});

overDeadLine('a line that loses SIP only as linphone hangs up: its audio stops, and we hang up', FIRST_PORT, async (scene) => {
  const { call, phone, leg } = await called(scene);
  scene.line.cut({ of: 'sip', since: /^BYE / });
  phone.command('terminate 1');
  await vi.waitFor(() => expect(scene.line.stopped).toBeGreaterThan(0), { timeout: 10_000 });
  await delay(QUIET_MS);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: ['AudioStopped'] });
});

overDeadLine('a line that dies as linphone holds the call: we hang up at once', FIRST_PORT, async (scene) => {
  const { call, phone, leg } = await called(scene);
  scene.line.cut({ since: /^INVITE / });
  phone.command('call-pause 1');
  await vi.waitFor(() => expect(scene.line.stopped).toBeGreaterThan(0), { timeout: 10_000 });
  expect(leg.isHolding).toBe(false);
  await delay(QUIET_MS);
  await leg.hangup();
  expect(await endOf(call)).toMatchObject({ outcome: 'Completed', problems: ['AudioStopped'] });
});

overDeadLine(
  'a line that dies as we accept the transfer that linphone asks for: nobody hears what came of it, and we hang up',
  FIRST_PORT,
  async (scene) => {
    const { call, phone, leg } = await called(scene);
    let told: Promise<void> | undefined;
    leg.onTransfer(() => (tell) => {
      told = tell(200, 'OK');
    });
    scene.line.cut({ since: /^SIP\/2\.0 202 / });
    phone.command('call-transfer 1 sip:+18144043111@127.0.0.1');
    await vi.waitFor(() => expect(told).toBeDefined(), { timeout: 10_000 });
    if (told) expectAfter(await scene.passTimeUntil(told), SILENCE_MS);
    await leg.hangup();
    expect(await endOf(call)).toMatchObject({ outcome: 'Completed' });
  },
);
