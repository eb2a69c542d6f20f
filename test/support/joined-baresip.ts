import { HoldSession, PatchSession } from '../../src/contracts/sessions.ts';
import { quietLine } from './bad-line.ts';
import type { Baresip } from './baresip.ts';
import { type HearingPhone, hearing } from './heard-tones.ts';
import { CALLED_HZ, CALLER_HZ, hearsMusic, hearsNothing, talking } from './held-talk.ts';
import { type CalledUser, calledUser, type PhoneScene } from './joined-linphones.ts';
import { inTurn } from './over-bad-networks.ts';
import { latestSession } from './real-server.ts';
import { registeredBaresip } from './registered-phones.ts';
import { SentSound } from './sent-sound.ts';

/** baresip, which talks with linphone. */
export interface JoinedBaresip extends CalledUser {
  readonly calling: Baresip;
  /** What it is sent: it keeps nothing of what it hears from its first hold on. */
  readonly sent: HearingPhone;
}

/** Two users, who talk: one with baresip has called one with linphone. */
export async function joinedBaresip(scene: PhoneScene): Promise<JoinedBaresip> {
  const users = await calledUser(scene);
  const { callingUser, called } = users;
  const sent = new SentSound();
  const line = quietLine((to, packet) => {
    if (to === 'far') sent.take(packet);
  });
  scene.closing(() => line.close());
  const port = await line.nearAt(scene.port);
  const calling = await inTurn(() => registeredBaresip(callingUser, port, { toneHz: CALLER_HZ }));
  scene.closing(calling.close);
  await calling.command('dial', '4000');
  await talking(sent, called);
  await hearing(CALLED_HZ, calling);
  return { ...users, calling, sent };
}

/** baresip holds the call: it is sent nothing, and linphone hears music. Then comes `atTheEnd`; it resumes, and they talk. */
export async function baresipHolds(
  { calling, sent, called }: JoinedBaresip,
  atTheEnd: () => Promise<void> = async () => {},
): Promise<void> {
  await calling.command('hold');
  await hearsMusic(called, CALLER_HZ);
  await hearsNothing(sent, CALLED_HZ);
  await atTheEnd();
  await calling.command('resume');
  await talking(sent, called);
}

/** We hold baresip: it is sent music, and linphone hears nothing. Then comes `atTheEnd`; we resume, and they talk. */
export async function weHoldBaresip(
  { account, sent, called }: JoinedBaresip,
  atTheEnd: () => Promise<void> = async () => {},
): Promise<void> {
  const { id: sessionId = '' } = await latestSession(account, () => true);
  await account.api.call(HoldSession, { sessionId });
  await hearsMusic(sent, CALLED_HZ);
  await hearsNothing(called, CALLER_HZ);
  await atTheEnd();
  await account.api.call(PatchSession, { sessionId, callState: 'Connected' });
  await talking(sent, called);
}
