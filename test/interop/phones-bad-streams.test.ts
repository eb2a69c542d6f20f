import { afterAll, expect } from 'vitest';
import { type BaresipOptions, startBaresip } from '../support/baresip.ts';
import { TestAuthority } from '../support/certificates.ts';
import { directCall } from '../support/direct-call.ts';
import { startLinphone } from '../support/linphone.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { overBadStreams, type StreamScene } from '../support/over-bad-streams.ts';
import { endOf } from '../support/over-dead-lines.ts';
import { heardByBaresip, holdAndResume } from '../support/talk-with-baresip.ts';
import { testPort } from '../support/test-port.ts';
import { running } from '../support/transfer-phones.ts';

const FIRST_PORT = 47_200;
const number = '+18144043093';
const authority = new TestAuthority();
const [ours, theirs] = [authority.issue('IP:127.0.0.1'), authority.issue('DNS:phone.example')];
afterAll(() => authority.remove());

async function talkWithBaresip({ telephony, stream, transport, closing }: StreamScene, options: Partial<BaresipOptions> = {}) {
  const phone = await inTurn(() => startBaresip({ user: number, ...options }));
  closing(phone.close);
  stream.setFar(transport === 'tls' ? phone.tlsPort : phone.port);
  const call = await directCall(telephony, number, stream.forNear.port, { transport });
  const leg = await call.answered;
  await heardByBaresip(leg, phone, 1000);
  await holdAndResume(phone);
  await phone.command('hangup');
  expect(await endOf(call)).toMatchObject({ outcome: 'CalleeHungUp', problems: [] });
  expect(await phone.log()).not.toMatch(/^Via: SIP\/2\.0\/UDP /m);
}

overBadStreams('baresip talks, holds and resumes, and hangs up', { firstPort: FIRST_PORT }, (scene) => talkWithBaresip(scene));

overBadStreams(
  'baresip talks over TLS, holds and resumes, and hangs up',
  { firstPort: FIRST_PORT, security: { identity: ours, ca: authority.ca } },
  (scene) => talkWithBaresip(scene, { tls: { ...theirs, caFile: authority.caFile } }),
);

overBadStreams('linphone is called, and hangs up', { firstPort: FIRST_PORT }, async ({ telephony, stream, transport, closing }) => {
  const { phone, port } = await inTurn(async () => {
    const free = await testPort();
    return { port: free, phone: await startLinphone(free) };
  });
  closing(phone.close);
  phone.command('media-encryption none');
  await phone.seen('Encryption: none');
  stream.setFar(port);
  const call = await directCall(telephony, number, stream.forNear.port, { transport });
  await call.answered;
  await running(phone, 1);
  phone.command('terminate 1');
  expect(await endOf(call)).toMatchObject({ outcome: 'CalleeHungUp' });
});
