import { describe, it } from 'vitest';
import { serverOfFile } from '../support/file-server.ts';
import { holdMusic } from '../support/held-talk.ts';
import { baresipHolds, joinedBaresip, weHoldBaresip } from '../support/joined-baresip.ts';
import { hangsUp, joinedLinphones, type PhoneScene, theyHold, weHold } from '../support/joined-linphones.ts';
import type { RealServer } from '../support/real-server.ts';

// linphone keeps what it hears before, during and after a hold. See `joinedBaresip` for baresip.

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

describe('a phone that holds us', { timeout: 60_000 }, () => {
  it.each(['called', 'calling'] as const)(
    'linphone, which was %s: it hears nothing, and the other one music, until it resumes',
    async (who) => {
      const phones = await joinedLinphones(scene());
      await theyHold(phones, who);
      await hangsUp(phones);
    },
  );

  it('baresip: it is sent nothing, and linphone hears music, until it resumes', async () => {
    const call = await joinedBaresip(scene());
    await baresipHolds(call);
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
    const call = await joinedBaresip(scene());
    await weHoldBaresip(call);
    await hangsUp(call);
  });
});
