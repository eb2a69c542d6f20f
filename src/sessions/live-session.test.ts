import { describe, expect, it } from 'vitest';
import { type CallEventName, callEventNames } from '../contracts/calls.ts';
import type { SessionInfo } from '../contracts/sessions.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { NewSessionRow, SessionPatch } from '../store/session-rows.ts';
import { ringing } from '../telephony/audio/tone.ts';
import { nothingSeen } from '../telephony/media/media-report.ts';
import type { AnsweredCall } from '../telephony/port.ts';
import type { CallOptions } from './call-options.ts';
import { LiveSession } from './live-session.ts';
import { SessionConference } from './session-conference.ts';
import type { SessionFlow } from './session-course.ts';

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

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A session whose flow has something to do after the call, until `finish` is called. */
function session(options: CallOptions = {}, flow: Partial<SessionFlow> = {}) {
  const clock = new VirtualClock(0);
  const written: SessionPatch = {};
  const lines: string[] = [];
  const told: { event: CallEventName; session: SessionInfo }[] = [];
  const opened: string[] = [];
  let over = false;
  let finish = (): void => {};
  const later = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let released = 0;
  const live = new LiveSession({
    row,
    options,
    newRun: () => ({
      prepare() {},
      start: async () => ({ outcome: 'Completed', interrupted: false }),
      redirect: async () => ({ outcome: 'Completed', interrupted: false }),
      confer: async () => ({ outcome: 'Completed', interrupted: false }),
      callEnded() {},
      finishLater: () => later,
      callBeside: () => undefined,
      goesOnAlone: false,
      aloneOver: async () => {},
      endAlone() {},
      position: undefined,
      ...flow,
    }),
    channel: { release: () => released++ },
    journal: {
      change: (_id, _epoch, patch) => void Object.assign(written, patch),
      log: (_id, _epoch, more) => lines.push(...more.map(({ message }) => message)),
    },
    callbacks: {
      open: (sessionId, url) => {
        opened.push(`${sessionId} ${url}`);
        return { tell: (event, info) => void told.push({ event, session: info }) };
      },
    },
    recordings: { newPath: () => '/nowhere', save: async () => 'file-1', leave: () => {} },
    sounds: { file: async () => ringing(), holdMusic: ringing },
    newConference: (call, parts) =>
      new SessionConference(call, {
        ...parts,
        accountId: row.accountId,
        otherSide: row.toAddress,
        conferences: {
          find: () => {
            throw new Error('no conference');
          },
          isFull: () => false,
        },
        place: async () => {},
        clock,
      }),
    clock,
    log: silentLogger,
    onOver: () => {
      over = true;
    },
  });
  return { live, clock, written, lines, told, opened, finish, isOver: () => over, released: () => released };
}

const media = nothingSeen;
const url = 'https://hooks.example.com/';

describe('a session whose call is over but whose flow goes on', () => {
  it('has its outcome already, gives its channel back, and keeps both when the server stops', async () => {
    const { live, written, lines, finish, isOver, released } = session();
    live.ended({ why: 'busy', sip: 486 }, media);
    const ended = live.end('ServerShutDown', 'The server is shutting down');
    await settled();
    expect(written).toMatchObject({ outcome: 'Busy', sipCause: 486, callState: 'Disconnected' });
    expect(lines).toEqual(['The callee is busy (SIP 486)']);
    expect(released()).toBe(1);
    expect(isOver()).toBe(false);
    finish();
    await ended;
    expect(isOver()).toBe(true);
  });
});

const answeredCall: AnsweredCall = {
  id: 'leg-1',
  direction: 'outbound',
  from: row.fromAddress,
  to: row.toAddress,
  play: async () => 'finished',
  collect: async () => ({ digits: '', why: 'timeout' }),
  clearDigits() {},
  record: () => Promise.reject(new Error('not recorded here')),
  recordCall: () => Promise.reject(new Error('not recorded here')),
  controlRecording() {},
  bridge() {},
  unbridge() {},
  joinRoom() {},
  muteInRoom() {},
  leaveRoom() {},
  hold: async () => {},
  isHolding: false,
  onHolding: () => () => {},
  onTransfer() {},
  sendDigits: async () => {},
  transfer: async () => ({ result: 'refused', reason: 'not transferred here' }),
  transferTo: async () => ({ result: 'refused', reason: 'not transferred here' }),
  hangup: async () => {},
};

describe('the media report of a session', () => {
  const deaf = { ...nothingSeen, codec: 'PCMU', sent: 500, sendingMs: 10_000, receivingMs: 10_000, firstSentMs: 0.04 };

  it('is written with the end of the call, and told with it', async () => {
    const { live, written, told, finish } = session({ statusCallback: { url, events: ['Completed'] } });
    live.answered(answeredCall);
    finish();
    live.ended({ why: 'callee-hung-up' }, { ...deaf, expectedFrom: { address: '2001:db8::1', port: 7 } });
    await settled();
    expect(written.mediaReport).toMatchObject({ codec: 'PCMU', packetsSent: 500, firstSentMs: 0, oneWayAudio: true, audioReceived: false });
    expect(written.mediaReport?.expectedFrom).toBe('[2001:db8::1]:7');
    expect(written.mediaReport?.problems?.map(({ problem }) => problem)).toEqual(['NothingReceived']);
    expect(told[0]?.session.mediaReport).toEqual(written.mediaReport);
  });

  it('finds nothing wrong with the silence of a phone that rang', async () => {
    const { live, written, finish } = session();
    finish();
    live.ended({ why: 'no-answer' }, deaf);
    await settled();
    expect(written.mediaReport).toMatchObject({ oneWayAudio: false, problems: [] });
  });

  it('is not there when no audio was agreed on', async () => {
    const { live, written, finish } = session();
    finish();
    live.ended({ why: 'busy', sip: 486 }, nothingSeen);
    await settled();
    expect(written).not.toHaveProperty('mediaReport');
  });
});

describe('a session that is being ended', () => {
  it('has the outcome for which it was ended first', async () => {
    const { live, written, lines, finish } = session();
    live.answered(answeredCall);
    void live.end('Cancelled', 'Ended by request');
    void live.end('ServerShutDown', 'The server is shutting down');
    finish();
    live.ended({ why: 'we-hung-up' }, media);
    await settled();
    expect(written.outcome).toBe('Cancelled');
    expect(lines).toContain('Ended by request');
    expect(lines).not.toContain('The server is shutting down');
  });

  it('is neither redirected nor taken into a conference any more', async () => {
    const begun: string[] = [];
    const instead = (what: string) => async () => {
      begun.push(what);
      return { outcome: 'Completed', interrupted: false } as const;
    };
    const { live, lines, finish } = session({}, { redirect: instead('redirect'), confer: instead('confer') });
    live.answered(answeredCall);
    void live.end('Cancelled', 'Ended by request');
    live.redirect('friend', { parties: [], callerId: undefined });
    live.confer('Sales', ringing());
    finish();
    live.ended({ why: 'we-hung-up' }, media);
    await settled();
    expect([begun, lines.filter((line) => line.startsWith('Redirected'))]).toEqual([[], []]);
  });
});

it('a session is over also when what should follow its call fails', async () => {
  const { live, written, isOver } = session({}, { finishLater: () => Promise.reject(new Error('The disk is gone')) });
  live.ended({ why: 'busy', sip: 486 }, media);
  await settled();
  expect([isOver(), written.outcome]).toEqual([true, 'Busy']);
});

it('a session that was never stored is waited for by nobody', async () => {
  const { live, told } = session({ statusCallback: { url, events: callEventNames } });
  live.abandon();
  await expect(live.end('ServerShutDown', 'The server is shutting down')).resolves.toBeUndefined();
  expect(told).toEqual([]);
});

describe('a session with a status callback', () => {
  it('tells of its end when nothing of it is left to do, with all that the API would answer', async () => {
    const { live, clock, told, opened, finish } = session({ statusCallback: { url, events: callEventNames } });
    expect(opened).toEqual([`session-1 ${url}`]);
    live.sent('call-id-1');
    await clock.advance(1000);
    live.ringing(180);
    live.ringing(183);
    await clock.advance(1000);
    live.ended({ why: 'busy', sip: 486 }, media);
    await settled();
    expect(told.map(({ event }) => event)).toEqual(['Initiated', 'Ringing']);
    await clock.advance(1000);
    finish();
    await settled();
    expect(told.map(({ event }) => event)).toEqual(['Initiated', 'Ringing', 'Completed']);
    expect(told[0]?.session).toMatchObject({ callState: 'Ringing', dialState: 'Active', ended: false, callSid: 'call-id-1' });
    expect(told[2]?.session).toEqual({
      id: 'session-1',
      dateCreated: '1970-01-01T00:00:00.000Z',
      dateLastModified: '1970-01-01T00:00:02.000Z',
      createdBy: 'manager@example.com',
      lastModifiedBy: 'manager@example.com',
      dialState: 'None',
      callState: 'Disconnected',
      queueState: 'None',
      accountId: 'account-1',
      endpointId: 'endpoint-1',
      dateCompleted: '1970-01-01T00:00:02.000Z',
      destination: '+15550002',
      toAddress: '+15550002',
      fromAddress: '+15550001',
      channel: 'Voice',
      ended: true,
      outcome: 'Busy',
      sipCause: 486,
      callSid: 'call-id-1',
      direction: 'outbound',
      flowId: 'flow-1',
      trunkId: 'trunk-1',
      log: [
        { date: '1970-01-01T00:00:00.000Z', message: 'Calling' },
        { date: '1970-01-01T00:00:01.000Z', message: 'Ringing' },
        { date: '1970-01-01T00:00:02.000Z', message: 'The callee is busy (SIP 486)' },
      ],
    });
  });

  it('tells of the events that were asked for only', async () => {
    const { live, told, finish } = session({ statusCallback: { url, events: ['Ringing', 'Completed'] } });
    live.sent('call-id-1');
    live.ringing(180);
    live.ended({ why: 'busy', sip: 486 }, media);
    finish();
    await settled();
    expect(told.map(({ event }) => event)).toEqual(['Ringing', 'Completed']);
  });

  it('sends the last lines of a log that has become long', async () => {
    const { live, told } = session({ statusCallback: { url, events: callEventNames } });
    for (let line = 1; line <= 300; line++) live.note(`Line ${line}`);
    live.sent('call-id-1');
    const log = told[0]?.session.log ?? [];
    expect(log).toHaveLength(200);
    expect([log.at(0)?.message, log.at(-2)?.message, log.at(-1)?.message]).toEqual(['Line 102', 'Line 300', 'Calling']);
  });
});

it('a session without a status callback opens no way to anybody', () => {
  expect(session().opened).toEqual([]);
});

describe('a session that is over for its call, while those go on whom it has left to each other', () => {
  function left(options: CallOptions = {}, disk: 'works' | 'hangs' = 'works') {
    let endCourse = (): void => {};
    const start: SessionFlow['start'] = () =>
      new Promise((resolve) => {
        if (disk === 'works') endCourse = () => resolve({ outcome: undefined, interrupted: false });
      });
    let endTalk = (): void => {};
    const talk = new Promise<void>((resolve) => {
      endTalk = resolve;
    });
    const endAlone = (): void => {
      endTalk();
      endCourse();
    };
    const made = session(options, { goesOnAlone: true, start, aloneOver: () => talk, endAlone });
    made.live.answered({ ...answeredCall, recordCall: () => new Promise(() => {}) });
    made.live.ended({ why: 'caller-hung-up' }, media);
    made.finish();
    return made;
  }

  it.each([
    ['after four hours when it has no limit of its own', {}, 14_400_000],
    ['after its own limit', { maxDurationMs: 60_000 }, 60_000],
  ])('ends %s', async (_what, options, limitMs) => {
    const { clock, written, isOver } = left(options);
    await clock.advance(limitMs - 1);
    expect(written.outcome).toBeUndefined();
    await clock.advance(1);
    await settled();
    expect(written).toMatchObject({ outcome: 'MaxDuration', endedAtMs: limitMs });
    expect([isOver(), clock.pendingTimers]).toEqual([true, 0]);
  });

  it.each([
    ['its own recording', { record: true }, 'works'],
    ['what its flow records', {}, 'hangs'],
  ] as const)('does not wait for ever for a disk that does not store %s, and ended when they did', async (_what, options, disk) => {
    const { live, clock, written, lines, isOver } = left(options, disk);
    await clock.advance(60_000);
    void live.end('Cancelled', 'Ended');
    await clock.advance(29_000);
    expect(isOver()).toBe(false);
    await clock.advance(2000);
    await settled();
    expect(isOver()).toBe(true);
    expect(written).toMatchObject({ outcome: 'Cancelled', endedAtMs: 60_000 });
    expect(lines).toContain('A recording of the call is not stored yet: the disk takes too long');
    expect(clock.pendingTimers).toBe(0);
  });

  it('has no limit any more when it is ended before', async () => {
    const { live, clock, written } = left();
    await live.end('Cancelled', 'Ended');
    expect(written.outcome).toBe('Cancelled');
    expect(clock.pendingTimers).toBe(0);
  });
});
