import { describe, it } from 'vitest';
import { HoldSession, PatchSession } from '../../src/contracts/sessions.ts';
import { quietLine } from '../support/bad-line.ts';
import type { Baresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import { type HearingPhone, hearing } from '../support/heard-tones.ts';
import { CALLED_HZ, CALLER_HZ, hearsMusic, hearsNothing, holdMusic, talking } from '../support/held-talk.ts';
import { type CalledUser, calledUser, callIs, hangsUp, joinedLinphones, type PhoneScene, weHold } from '../support/joined-linphones.ts';
import { latestSession, type RealServer } from '../support/real-server.ts';
import { registeredBaresip } from '../support/registered-phones.ts';
import { SentSound } from '../support/sent-sound.ts';

// linphone keeps what it hears before, during and after a hold. baresip keeps nothing from the first one on: what it is sent is heard on the way.

let server: RealServer;
const closing = serverOfFile(
  (started) => {
    server = started;
  },
  { RINGFLOW_HOLD_MUSIC: holdMusic() },
);

let scenes = 0;

function scene(): PhoneScene {
  scenes += 1;
  return { server, port: server.sip.port, number: scenes, closing: (close) => void closing.push(close) };
}

interface BaresipCalls extends CalledUser {
  readonly calling: Baresip;
  readonly sent: HearingPhone;
}

async function fromBaresip(): Promise<BaresipCalls> {
  const users = await calledUser(scene());
  const { callingUser, called } = users;
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
  return { ...users, calling, sent };
}

describe('a phone that holds us', { timeout: 60_000 }, () => {
  it.each(['called', 'calling'] as const)(
    'linphone, which was %s: it hears nothing, and the other one music, until it resumes',
    async (who) => {
      const phones = await joinedLinphones(scene());
      const { calling, called } = phones;
      const [holding, other] = who === 'called' ? [called, calling] : [calling, called];
      const [holdingHz, otherHz] = who === 'called' ? [CALLED_HZ, CALLER_HZ] : [CALLER_HZ, CALLED_HZ];
      holding.command('pause');
      await callIs(holding, 'Paused');
      await Promise.all([hearsMusic(other, holdingHz), hearsNothing(holding, otherHz)]);
      holding.command('resume');
      await talking(calling, called);
      await hangsUp(phones);
    },
  );

  it('baresip: it is sent nothing, and linphone hears music, until it resumes', async () => {
    const call = await fromBaresip();
    const { calling, sent, called } = call;
    await calling.command('hold');
    await Promise.all([hearsMusic(called, CALLER_HZ), hearsNothing(sent, CALLED_HZ)]);
    await calling.command('resume');
    await talking(sent, called);
    await hangsUp(call);
  });
});

describe('a phone that we hold', { timeout: 60_000 }, () => {
  it.each(['calling', 'called'] as const)(
    'linphone, which was %s: it hears music, and the other one nothing, until we resume',
    async (who) => {
      const phones = await joinedLinphones(scene());
      await weHold(phones, who);
      await hangsUp(phones);
    },
  );

  it('baresip: it is sent music, and linphone hears nothing, until we resume', async () => {
    const call = await fromBaresip();
    const { account, sent, called } = call;
    const { id: sessionId = '' } = await latestSession(account, () => true);
    await account.api.call(HoldSession, { sessionId });
    await Promise.all([hearsMusic(sent, CALLED_HZ), hearsNothing(called, CALLER_HZ)]);
    await account.api.call(PatchSession, { sessionId, callState: 'Connected' });
    await talking(sent, called);
    await hangsUp(call);
  });
});
