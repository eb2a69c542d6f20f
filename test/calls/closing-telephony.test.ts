import { expect, it } from 'vitest';
import { incomingScene, waiting } from '../support/incoming-scene.ts';
import { rawCaller } from '../support/raw-caller.ts';
import { startLine } from '../support/sip-agents.ts';

it('telephony that waits for the answer to its last BYE takes no call any more, and says when to try again', async () => {
  const { world, caller } = incomingScene({
    flow: waiting,
    filter: (bytes) => (startLine(Buffer.from(bytes).toString('latin1')) === 'BYE' ? 'drop' : 'pass'),
  });
  await caller.invite();
  await caller.ack();
  let isClosed = false;
  const closed = world.telephony.close().then(() => {
    isClosed = true;
  });
  await world.clock.advance(100);
  const other = rawCaller(world, '10.0.0.3');
  await other.invite();
  expect([isClosed, other.statuses(), other.response(503)?.headers.first('Retry-After')]).toEqual([false, [100, 503], '5']);
  await world.clock.advance(3_000);
  await closed;
  await Promise.all([other.close(), caller.close(), world.stop()]);
  await world.targetHealth.close();
  expect([world.network.openPorts, world.liveThings()]).toEqual([0, { sessions: 0, legs: 0, streams: 0, dialogs: 0, transactions: 0 }]);
});
