import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { AnsweredCall, LegEnd, TransferDecision } from '../telephony/port.ts';
import { HoldableCall } from './holdable-call.ts';
import { Talk, type TalkSide } from './talk.ts';
import { Talks } from './talks.ts';

/** A call that is up, of which the test can see with whom it is joined, and ask for what its peer asks for. */
function upCall(name: string) {
  const seen = { bridged: '', hangups: 0, isOver: false };
  let decide: TransferDecision | undefined;
  const call: AnsweredCall = {
    id: name,
    direction: 'outbound',
    from: name,
    to: name,
    play: async () => 'finished',
    collect: async () => ({ digits: '', why: 'timeout' }),
    clearDigits() {},
    record: () => Promise.reject(new Error('not recorded here')),
    recordCall: () => Promise.reject(new Error('not recorded here')),
    controlRecording() {},
    bridge(other) {
      if (seen.isOver) throw new Error('The call is over');
      seen.bridged = other.id;
    },
    unbridge() {
      seen.bridged = '';
    },
    joinRoom() {},
    muteInRoom() {},
    leaveRoom() {},
    hold: async () => {},
    isHolding: false,
    onHolding: () => () => {},
    onTransfer(decision) {
      decide = decision;
    },
    sendDigits: async () => {},
    transfer: async () => ({ result: 'refused', reason: 'not transferred here' }),
    transferTo: async () => ({ result: 'refused', reason: 'not transferred here' }),
    hangup: async () => {
      seen.hangups++;
    },
  };
  let end: (end: LegEnd) => void = () => {};
  const over = new Promise<LegEnd>((resolve) => {
    end = resolve;
  });
  const side: TalkSide = { name, address: name, call, callId: name, over, end: () => call.hangup() };
  const asks = (replaces?: AnsweredCall) => decide?.({ to: '4000', ...(replaces && { replaces }) });
  return { call, side, seen, asks, end, isAsked: () => decide !== undefined };
}

const clock = new VirtualClock();

/** A caller and who is joined with it. A call that is asked for is answered when the test says so. */
function talking(talks: Talks<Talk>, name: string, accountId = 'account-1') {
  const near = upCall(`near ${name}`);
  const far = upCall(`far ${name}`);
  const target = upCall(`target ${name}`);
  const lines: string[] = [];
  const turns: Talk[] = [];
  const rings: AbortSignal[] = [];
  let answer: (answered: TalkSide | LegEnd) => void = () => {};
  let ring = (): void => {};
  const callFor = (_to: string, onRinging: () => void): Promise<TalkSide | LegEnd> => {
    ring = onRinging;
    return new Promise((resolve) => {
      answer = resolve;
    });
  };
  const note = (message: string): void => void lines.push(message);
  const line = new HoldableCall({ call: near.call, note, holdMusic: noMusic, onChanged: () => {} });
  const entertain = (signal: AbortSignal): void => void rings.push(signal);
  const parts = { accountId, allowsTransfer: true, talks, callFor, entertain, owns() {}, disowns() {}, note, clock };
  const talk: Talk = new Talk(line, far.side, {
    ...parts,
    nearSide: near.side,
    turn: (side) => {
      const turned = new Talk(line.another(side.call), near.side, {
        ...parts,
        nearSide: side,
        turn: () => expect.unreachable(),
      });
      turns.push(turned);
      return turned;
    },
  });
  return {
    near,
    far,
    target,
    talk,
    lines,
    turns,
    rings,
    ringsThere: () => ring(),
    answers: () => answer(target.side),
    fails: (end: LegEnd) => answer(end),
  };
}

const noMusic = () => ({ id: 'none', durationMs: 0, pcmu: new SharedArrayBuffer(0), pcma: new SharedArrayBuffer(0) });
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Two talks at whose far sides the same phone is. */
function twoTalks(otherAccount?: string) {
  const talks = new Talks<Talk>();
  return { talks, one: talking(talks, 'one'), two: talking(talks, 'two', otherAccount) };
}

function teller() {
  const told: number[] = [];
  return { told, tell: async (status: number) => void told.push(status) };
}

describe('who asks for the other side of another call', () => {
  it('does not get that of another account', () => {
    const { one, two } = twoTalks('account-2');
    expect(one.far.asks(two.far.call)).toBeUndefined();
    expect(two.far.asks(one.far.call)).toBeUndefined();
    expect([one.near.seen.bridged, two.near.seen.bridged]).toEqual(['far one', 'far two']);
  });

  it.each(['near', 'far'] as const)('does not get its own %s side', (side) => {
    const { one } = twoTalks();
    expect(one.far.asks(one[side].call)).toBeUndefined();
    expect(one.near.asks(one[side].call)).toBeUndefined();
  });

  it('joins two whom it has dialled: each of them once, and both of its calls are hung up', async () => {
    const { talks, one, two } = twoTalks();
    const { told, tell } = teller();
    one.near.asks(two.near.call)?.(tell);
    expect(told).toEqual([200]);
    expect(one.far.seen.bridged).toBe('far two');
    expect([one.talk.isHandedOver, two.talk.isHandedOver]).toEqual([true, true]);
    expect(two.near.seen.hangups).toBe(1);
    await clock.advance(1000);
    expect(one.near.seen.hangups).toBe(1);
    expect([talks.of(one.near.call), talks.of(two.near.call)]).toEqual([undefined, undefined]);
    expect([one.far, two.far].map(({ call }) => talks.of(call))).toEqual([one.turns[0], one.turns[0]]);
  });

  it('joins two callers once: neither of the talks can be joined with a third', () => {
    const { talks, one, two } = twoTalks();
    const three = talking(talks, 'three');
    one.far.asks(two.far.call)?.(async () => {});
    expect(one.near.seen.bridged === 'near two' || two.near.seen.bridged === 'near one').toBe(true);
    for (const { near } of [one, two]) {
      expect(near.asks(three.near.call)).toBeUndefined();
      expect(three.near.asks(near.call)).toBeUndefined();
    }
    expect([one.talk.handOver(), two.talk.handOver()]).toEqual([undefined, undefined]);
  });

  it('is told when the two cannot be joined, and both talks go on', () => {
    const { one, two } = twoTalks();
    const { told, tell } = teller();
    const begin = one.far.asks(two.far.call);
    one.near.seen.isOver = true;
    begin?.(tell);
    expect(told).toEqual([503]);
    expect(two.near.seen.bridged).toBe('far two');
    expect(one.lines).toContain('The calls cannot be joined: The call is over');
    expect([one.talk.isHandedOver, two.talk.isHandedOver]).toEqual([false, false]);
  });
});

describe('a talk whose caller is being sent on', () => {
  it('is not handed over, and nobody asks for anything else, until that has been decided', async () => {
    const { one, two } = twoTalks();
    const { told, tell } = teller();
    one.far.asks()?.(tell);
    expect(one.talk.handOver()).toBeUndefined();
    expect([one.far.asks(), one.far.asks(two.far.call), two.far.asks(one.far.call)]).toEqual([undefined, undefined, undefined]);
    one.answers();
    await settled();
    expect(told).toEqual([200]);
    expect(one.talk.handOver()).toBe(one.target.side);
  });

  it('is over when that comes to nothing and who has sent it on is gone: nobody is left to talk with', async () => {
    const { one } = twoTalks();
    one.far.asks()?.(teller().tell);
    one.far.end({ why: 'callee-hung-up' });
    await settled();
    one.fails({ why: 'rejected', sip: 486 });
    await settled();
    expect(await Promise.race([one.talk.over, settled()])).toEqual({ why: 'callee-hung-up' });
    expect(one.near.seen.bridged).toBe('');
  });

  it.each([
    ['answers', 'answers'],
    ['refuses', 'fails'],
  ] as const)('is joined with nobody when it does something else before that one %s', async (_what, outcome) => {
    const { talks, one } = twoTalks();
    const { told, tell } = teller();
    one.far.asks()?.(tell);
    one.talk.close();
    one[outcome]({ why: 'rejected', sip: 486 });
    await settled();
    expect([told, one.near.seen.bridged, talks.of(one.target.call)]).toEqual([[487], '', undefined]);
    expect(one.lines.at(-1)).toContain('far one');
  });
});

describe('a caller whom somebody sends on', () => {
  it('is joined with nobody and hears that it rings, until somebody has answered', async () => {
    const { one } = twoTalks();
    one.far.asks()?.(async () => {});
    expect([one.near.seen.bridged, one.talk.near.partyCallId]).toEqual(['', undefined]);
    expect(one.rings.map(({ aborted }) => aborted)).toEqual([false]);
    one.answers();
    await settled();
    expect(one.rings.map(({ aborted }) => aborted)).toEqual([true]);
    expect([one.near.seen.bridged, one.talk.near.partyCallId]).toEqual(['target one', 'target one']);
  });

  it('is sent on again by who has answered, and talks on with that one when it comes to nothing, though the first is gone', async () => {
    const { one } = twoTalks();
    const { told, tell } = teller();
    one.far.asks()?.(tell);
    one.far.end({ why: 'callee-hung-up' });
    await settled();
    one.ringsThere();
    one.answers();
    await settled();
    one.target.asks()?.(tell);
    one.fails({ why: 'rejected', sip: 486, reason: 'Busy Here' });
    await settled();
    expect(told).toEqual([180, 200, 486]);
    expect(one.near.seen.bridged).toBe('target one');
  });

  it('cannot send anybody on itself when it calls from outside', () => {
    const { one } = twoTalks();
    expect(one.near.asks()).toBeUndefined();
  });
});

describe('a talk that is over', () => {
  it('is over once, whoever hangs up first', async () => {
    const { one } = twoTalks();
    one.far.end({ why: 'callee-hung-up' });
    await settled();
    one.talk.close();
    expect(one.lines.filter((line) => line.startsWith('far one: '))).toEqual(['far one: The callee hung up']);
  });

  it('is no longer found by either call, and neither is asked any more', () => {
    const { talks, one } = twoTalks();
    expect([one.near, one.far].map(({ call }) => talks.of(call))).toEqual([one.talk, one.talk]);
    one.talk.close();
    expect([one.near, one.far].map(({ call }) => talks.of(call))).toEqual([undefined, undefined]);
    expect([one.near.isAsked(), one.far.isAsked()]).toEqual([false, false]);
    expect(one.near.seen.bridged).toBe('');
    expect(one.talk.handOver()).toBeUndefined();
  });

  it('forgets who has left it for another one, too', async () => {
    const { talks, one } = twoTalks();
    one.far.asks()?.(async () => {});
    one.answers();
    await settled();
    expect([talks.of(one.far.call), one.far.isAsked()]).toEqual([undefined, false]);
    expect(talks.of(one.target.call)).toBe(one.talk);
    one.talk.close();
    expect(talks.of(one.target.call)).toBeUndefined();
  });
});
