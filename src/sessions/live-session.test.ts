import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { NewSessionRow, SessionPatch } from '../store/session-rows.ts';
import { LiveSession } from './live-session.ts';

const row: NewSessionRow = {
  id: 'session-1',
  accountId: 'account-1',
  endpointId: 'endpoint-1',
  flowId: 'flow-1',
  flowVersion: 1,
  trunkId: 'trunk-1',
  direction: 'outbound',
  toAddress: '+15550002',
  fromAddress: '+15550001',
  owner: 'worker-1',
  callState: 'Ringing',
  createdBy: 'manager@example.com',
  createdAtMs: 0,
};

/** A session whose flow has something to do after the call, until `finish` is called. */
function session() {
  const written: SessionPatch = {};
  const lines: string[] = [];
  let over = false;
  let finish = (): void => {};
  const later = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let released = 0;
  const live = new LiveSession({
    row,
    newRun: () => ({
      prepare() {},
      start: async () => ({ outcome: 'Completed' }),
      callEnded() {},
      finishLater: () => later,
      position: undefined,
    }),
    channel: { release: () => released++ },
    journal: {
      change: (_id, _epoch, patch) => void Object.assign(written, patch),
      log: (_id, _epoch, more) => lines.push(...more.map(({ message }) => message)),
    },
    clock: new VirtualClock(0),
    log: silentLogger,
    onOver: () => {
      over = true;
    },
  });
  return { live, written, lines, finish, isOver: () => over, released: () => released };
}

const media = { sent: 0, received: 0, lost: 0, late: 0, digits: 0 };

describe('a session whose call is over but whose flow goes on', () => {
  it('has its outcome already, gives its channel back, and keeps both when the server stops', async () => {
    const { live, written, lines, finish, isOver, released } = session();
    live.ended({ why: 'busy', sip: 486 }, media);
    const ended = live.end('ServerShutDown', 'The server is shutting down');
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(written).toMatchObject({ outcome: 'Busy', sipCause: 486, callState: 'Disconnected' });
    expect(lines).toEqual(['The callee is busy (SIP 486)']);
    expect(released()).toBe(1);
    expect(isOver()).toBe(false);
    finish();
    await ended;
    expect(isOver()).toBe(true);
  });
});

it('a session that was never stored is waited for by nobody', async () => {
  const { live } = session();
  live.abandon();
  await expect(live.end('ServerShutDown', 'The server is shutting down')).resolves.toBeUndefined();
});
