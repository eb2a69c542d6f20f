import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { HoldSession, PatchSession } from '../../src/contracts/sessions.ts';
import { quietLine } from '../support/bad-line.ts';
import type { Baresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { fromNowOn, type HearingPhone, hearing, loudestSoFar } from '../support/heard-tones.ts';
import type { LinphoneConsole } from '../support/linphone-console.ts';
import { latestSession, newAccount, type RealServer, saveFlow } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphoneConsole } from '../support/registered-phones.ts';
import { SentSound } from '../support/sent-sound.ts';
import { buildWav, pcm16, sine } from '../support/sound.ts';

// linphone keeps what it hears before, during and after a hold. baresip keeps nothing from the first one on: what it is sent is heard on the way.

const CALLER_HZ = 440;
const CALLED_HZ = 1000;
const MUSIC_HZ = 1900;
/** As much of a tone is in silence. */
const SILENT = 0.02;
/** As much of it is at the most where another tone breaks off, as when a packet is late. It is four times as loud where it is spoken. */
const BROKEN = 0.12;
/** linphone writes a quarter of a second at once, and buffers less. */
const SETTLES_MS = 500;
const LISTENS_MS = 1000;

const folder = mkdtempSync(join(tmpdir(), 'held-phones-'));
const music = join(folder, 'music.wav');
writeFileSync(music, buildWav({ data: pcm16(sine(MUSIC_HZ, 8000, 2)) }));
afterAll(() => rmSync(folder, { recursive: true }));

let server: RealServer;
const closing = serverOfFile(
  (started) => {
    server = started;
  },
  { RINGFLOW_HOLD_MUSIC: music },
);

let scenes = 0;

/** Two users: who dials anything is joined with the linphone of the other, which says 1000 Hz. */
async function scene() {
  scenes += 1;
  const account = await newAccount(server.child, 5060);
  const calledUser = await newPhoneUser(account, `called${scenes}`);
  const dial = flowOf({ dial: ['DialNode', { User: calledUser.id, Done: to('done') }], done: ['HangUpNode', { Outcome: 'Done' }] });
  const callingUser = await newPhoneUser(account, `calling${scenes}`, await saveFlow(account, dial));
  const called = await registeredLinphoneConsole(calledUser, server.sip.port, CALLED_HZ);
  closing.push(called.close);
  return { account, callingUser, called };
}

async function fromLinphone(): Promise<{ account: ReadyAccount; calling: LinphoneConsole; called: LinphoneConsole }> {
  const { account, callingUser, called } = await scene();
  const calling = await registeredLinphoneConsole(callingUser, server.sip.port, CALLER_HZ);
  closing.push(calling.close);
  calling.command(`call sip:4000@127.0.0.1:${server.sip.port}`);
  await talking(calling, called);
  return { account, calling, called };
}

async function fromBaresip(): Promise<{ account: ReadyAccount; calling: Baresip; sent: HearingPhone; called: LinphoneConsole }> {
  const { account, callingUser, called } = await scene();
  const sent = new SentSound();
  const line = quietLine((to, packet) => {
    if (to === 'far') sent.take(packet);
  });
  closing.push(() => line.close());
  const calling = await registeredBaresip(callingUser, await line.nearAt(server.sip.port), { toneHz: CALLER_HZ });
  closing.push(calling.close);
  await calling.command('dial', '4000');
  await talking(sent, called);
  await hearing(CALLED_HZ, calling);
  return { account, calling, sent, called };
}

/** From now on each hears the other. */
async function talking(calling: HearingPhone, called: HearingPhone): Promise<void> {
  const [calling1, called1] = [await fromNowOn(calling), await fromNowOn(called)];
  await Promise.all([hearing(CALLED_HZ, calling1), hearing(CALLER_HZ, called1)]);
}

/** What is under way when a hold begins has been heard: from then on there is music, and no word of the other. */
async function hearsMusic(phone: HearingPhone, otherHz: number): Promise<void> {
  await hearing(MUSIC_HZ, await fromNowOn(phone));
  await delay(SETTLES_MS);
  const held = await fromNowOn(phone);
  await hearing(MUSIC_HZ, held, 0.2);
  await delay(LISTENS_MS);
  expect(await loudestSoFar(otherHz, held)).toBeLessThan(BROKEN);
}

async function hearsNothing(phone: HearingPhone, otherHz: number): Promise<void> {
  await delay(SETTLES_MS);
  const held = await fromNowOn(phone);
  await delay(LISTENS_MS);
  for (const hz of [otherHz, MUSIC_HZ]) expect(await loudestSoFar(hz, held)).toBeLessThan(SILENT);
}

async function isPaused(phone: LinphoneConsole): Promise<void> {
  const look = (): void => {
    phone.command('calls');
    expect(phone.latest(/\n1 +\|[^|\n]*\| (\w+)/g)).toBe('Paused');
  };
  await vi.waitFor(look, { timeout: 10_000, interval: 200 });
}

/** The called one hangs up. */
async function over(account: ReadyAccount, called: LinphoneConsole): Promise<void> {
  called.command('terminate');
  expect(await latestSession(account, ({ ended }) => ended === true)).toMatchObject({ outcome: 'Done' });
}

describe('a phone that holds us', { timeout: 60_000 }, () => {
  it.each(['called', 'calling'] as const)(
    'linphone, which was %s: it hears nothing, and the other one music, until it resumes',
    async (who) => {
      const { account, calling, called } = await fromLinphone();
      const [holding, other] = who === 'called' ? [called, calling] : [calling, called];
      const [holdingHz, otherHz] = who === 'called' ? [CALLED_HZ, CALLER_HZ] : [CALLER_HZ, CALLED_HZ];
      holding.command('pause');
      await isPaused(holding);
      await Promise.all([hearsMusic(other, holdingHz), hearsNothing(holding, otherHz)]);
      holding.command('resume');
      await talking(calling, called);
      await over(account, called);
    },
  );

  it('baresip: it is sent nothing, and linphone hears music, until it resumes', async () => {
    const { account, calling, sent, called } = await fromBaresip();
    await calling.command('hold');
    await Promise.all([hearsMusic(called, CALLER_HZ), hearsNothing(sent, CALLED_HZ)]);
    await calling.command('resume');
    await talking(sent, called);
    await over(account, called);
  });
});

describe('a phone that we hold', { timeout: 60_000 }, () => {
  it.each(['calling', 'called'] as const)(
    'linphone, which was %s: it hears music, and the other one nothing, until we resume',
    async (who) => {
      const { account, calling, called } = await fromLinphone();
      const { id: sessionId = '', callSid } = await latestSession(account, ({ callSid: sid }) => sid !== undefined);
      // Who has called holds whom it has called.
      await account.api.call(HoldSession, who === 'called' && callSid !== undefined ? { sessionId, callSid } : { sessionId });
      const [held, waiting] = who === 'called' ? [called, calling] : [calling, called];
      const [heldHz, waitingHz] = who === 'called' ? [CALLED_HZ, CALLER_HZ] : [CALLER_HZ, CALLED_HZ];
      await Promise.all([hearsMusic(held, waitingHz), hearsNothing(waiting, heldHz)]);
      await account.api.call(PatchSession, { sessionId, callState: 'Connected' });
      await talking(calling, called);
      await over(account, called);
    },
  );

  it('baresip: it is sent music, and linphone hears nothing, until we resume', async () => {
    const { account, sent, called } = await fromBaresip();
    const { id: sessionId = '' } = await latestSession(account, () => true);
    await account.api.call(HoldSession, { sessionId });
    await Promise.all([hearsMusic(sent, CALLED_HZ), hearsNothing(called, CALLER_HZ)]);
    await account.api.call(PatchSession, { sessionId, callState: 'Connected' });
    await talking(sent, called);
    await over(account, called);
  });
});
