import { describe, expect, it } from 'vitest';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import type { ReferDecision } from '../../src/telephony/sip/dialog-refers.ts';
import { attendedScene, FRIEND, obeying } from '../support/attended-scene.ts';
import { manager, numberToDial, PHONE } from '../support/call-world.ts';
import { MUSIC } from '../support/spoken-tones.ts';

const toFriend = { Target: FRIEND };
const toAlice = { User: 'ada' };
const hangsUpAfterMs = (ms: number) => ({ [FRIEND]: { answerAfterMs: 1000, says: 2, hangUpAfterMs: ms } });
const declines: ReferDecision = () => undefined;
const tells =
  (...statuses: readonly (readonly [afterMs: number, status: number])[]) =>
  (scene: ReturnType<typeof attendedScene>): ReferDecision =>
  () =>
  (report) => {
    for (const [afterMs, status] of statuses) scene.world.clock.after(afterMs, () => void report.tell(status, 'Told'));
  };

describe('an attended transfer of a flow that the other side does not do', () => {
  it.each([
    ['declines', () => declines, 'Joined 603'],
    ['takes, and tells that the call has failed', tells([100, 486]), 'Joined 486'],
    ['takes, and tells of failure after they were joined', tells([100, 180], [4000, 503]), 'Joined 503'],
    ['takes, and never tells anything', tells(), 'Joined 0'],
  ] as const)('joins the two, when it %s', async (_what, decide, outcome) => {
    const scene = attendedScene(toFriend, hangsUpAfterMs(8000));
    const { world, phones, begin, hears, finish } = scene;
    const { session } = await begin(() => decide(scene));
    await world.clock.advance(4500);
    expect([hears(phones.callTo(numberToDial)?.rtp), hears(phones.callTo(FRIEND)?.rtp)]).toEqual([[2], [1]]);
    await finish();
    expect(session.outcome).toMatch(new RegExp(`^${outcome} \\${FRIEND} [5-8]\\.?`));
    expect(session.lines).toContain(`Joined with ${FRIEND}`);
  });

  it('ends with the other side, once the two are joined', async () => {
    const { world, phones, begin, finish } = attendedScene(toFriend);
    const { own, session } = await begin(() => declines);
    await world.clock.advance(3000);
    void own.bye();
    await world.clock.advance(200);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
  });

  it.each([
    ['a number of its choice at the host of the other side', `sip:+19005550000@${PHONE}`],
    ['a number of its choice at a host of its own', 'sip:+19005550000@10.0.1.1'],
    ['another name at the host of the other side', `sip:premium@${PHONE}`],
  ])('joins the two and asks for nothing, when who was called gives %s as its address', async (_what, contact) => {
    const asked: unknown[] = [];
    const scene = attendedScene(toAlice, {}, { contact });
    const { world, desk, phones, begin, hears, finish } = scene;
    const { session, own } = await begin(() => (what) => () => void asked.push(what));
    await world.clock.advance(2500);
    expect([hears(phones.callTo(numberToDial)?.rtp), hears(desk.callTo('alice')?.rtp)]).toEqual([[3], [1]]);
    void desk.callTo('alice')?.dialog?.bye();
    await finish();
    expect(session.outcome).toMatch(/^Joined 0 ALICE 1\./);
    expect([asked, own.ended]).toEqual([[], true]);
    expect(JSON.stringify(session.lines)).not.toContain('900555');
  });

  it('lets the two go when the new call is up after all', async () => {
    const scene = attendedScene(toAlice);
    const { world, desk, begin, calling, finish } = scene;
    const { session } = await begin(() => (asked) => (report) => {
      world.clock.after(3500, () => {
        calling(asked).onAnswered = () => void report.tell(200, 'OK');
      });
    });
    await world.clock.advance(6500);
    expect(session.outcome).toMatch(/^Transferred 200 ALICE 1\.5/);
    expect(desk.calls.map(({ ended }) => ended)).toEqual(['us', undefined]);
    await finish();
  });

  it('lets the other side hear music for two seconds, and hangs up on who keeps the call that was replaced late', async () => {
    const scene = attendedScene(toFriend);
    const { world, phones, begin, hears, finish } = scene;
    const { session } = await begin(() => tells([3500, 200])(scene));
    await world.clock.advance(2500);
    expect(hears(phones.callTo(numberToDial)?.rtp)).toEqual([MUSIC]);
    await world.clock.advance(1500);
    expect(hears(phones.callTo(numberToDial)?.rtp)).toEqual([2]);
    await world.clock.advance(2500);
    expect([phones.callTo(FRIEND)?.ended, phones.callTo(numberToDial)?.ended]).toEqual(['peer', 'peer']);
    expect(session.outcome).toMatch(/^Transferred 200/);
    await finish();
  });

  it('believes that it is done when who was called leaves without a word of the other side', async () => {
    const scene = attendedScene(toAlice);
    const { desk, begin, calling, finish, world } = scene;
    const { session } = await begin(() => (asked) => () => void calling(asked));
    await world.clock.advance(7000);
    expect(session.outcome).toMatch(/^Accepted 0 ALICE 0/);
    expect(desk.calls.map(({ ended }) => ended)).toEqual(['us', undefined]);
    await finish();
  });
});

describe('an attended transfer of a flow, when somebody hangs up', () => {
  /** Nothing that the other side says of the REFER arrives. */
  const unheard = {
    filter: (bytes: Uint8Array) => {
      const text = Buffer.from(bytes).toString('latin1');
      return /^SIP\/2\.0 [\s\S]*\r\nCSeq: \d+ REFER\r/.test(text) || text.startsWith('NOTIFY ') ? ('drop' as const) : ('pass' as const);
    },
  };

  it.each([
    ['it rings', 500, { cancelled: true }],
    ['the whisper plays', 1300, { ended: 'peer' }],
    ['the whisper plays, in the middle of the answer', 750, {}],
  ])('the other side while %s: nobody is left', async (_what, afterMs, friend) => {
    const { world, phones, begin, finish } = attendedScene({ ...toFriend, WhisperText: 'x'.repeat(50) });
    const asked: unknown[] = [];
    const { own, session } = await begin(() => (what) => {
      asked.push(what);
      return undefined;
    });
    await world.clock.advance(afterMs);
    void own.bye();
    await world.clock.advance(300);
    expect(phones.callTo(FRIEND)).toMatchObject(friend);
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
    expect(asked).toEqual([]);
  });

  it('who was called, while the other side calls: the call goes on', async () => {
    const scene = attendedScene(toAlice);
    const { desk, begin, calling, finish, world } = scene;
    const { session } = await begin(() => (asked) => (report) => {
      void desk.callTo('alice')?.dialog?.bye();
      const log = calling(asked);
      log.failed = ({ status = 0, reason }) => void report.tell(status, reason);
    });
    await world.clock.advance(2000);
    await finish();
    expect(session.outcome).toMatch(/^Failed (?:481|603) ALICE 0/);
  });

  it('who was called, in the moment at which the other side declines: the call goes on', async () => {
    const { phones, begin, finish } = attendedScene(toFriend);
    const { session } = await begin(() => () => {
      void phones.callTo(FRIEND)?.dialog?.bye();
      return undefined;
    });
    await finish();
    expect(session.outcome).toMatch(/^Refused 603/);
  });

  it('who was called, and the other side does not answer: nobody has said that it is done, and the call goes on', async () => {
    const { desk, begin, finish, world } = attendedScene(toAlice, {}, unheard);
    const { session } = await begin(() => () => () => void world.clock.after(500, () => void desk.callTo('alice')?.dialog?.bye()));
    await world.clock.advance(9000);
    expect(session.outcome).toBe('Failed 0 ALICE 0');
    await finish();
  });

  it('the other side, ten minutes after it took the request and told nothing: who was called is hung up at once', async () => {
    const { phones, begin, finish, world } = attendedScene(toFriend);
    const { own } = await begin(() => () => () => {});
    await world.clock.advance(600_000);
    expect(phones.callTo(FRIEND)?.ended).toBeUndefined();
    void own.bye();
    await world.clock.advance(200);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    await finish();
  });

  it.each([
    ['once that is told', {}],
    ['and its BYE overtakes the answer to the request', unheard],
  ])('the other side before its call has replaced ours, %s: who was called is not hung up for that', async (_what, network) => {
    const scene = attendedScene(toAlice, {}, network);
    const { desk, begin, calling, finish, world } = scene;
    const { session, own } = await begin((dialog) => (asked) => () => {
      world.clock.after(50, () => void dialog.bye());
      world.clock.after(1000, () => void calling(asked));
    });
    await world.clock.advance(1500);
    expect([own.ended, desk.callTo('alice')?.ended]).toEqual([true, undefined]);
    await world.clock.advance(1000);
    expect(desk.calls.map(({ ended }) => ended)).toEqual(['us', undefined]);
    expect(session).toMatchObject({ outcome: 'CalleeHungUp' });
    await finish();
  });

  it('the other side, and never calls: who was called is hung up after five seconds', async () => {
    const { phones, begin, finish, world } = attendedScene(toFriend);
    const { session } = await begin((dialog) => () => () => void world.clock.after(50, () => void dialog.bye()));
    await world.clock.advance(4000);
    expect(phones.callTo(FRIEND)?.ended).toBeUndefined();
    await world.clock.advance(3000);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
  });
});

describe('an attended transfer of a flow that crosses something else', () => {
  const heldBy = (own: Dialog): Promise<string> => {
    const sdp = own.state.localSdp ?? '';
    return own.reinvite(() => `${sdp.replace('o=- 1 1', 'o=- 1 2')}a=sendonly\r\n`, new AbortController().signal);
  };

  it('works when the phone holds its call as it is asked', async () => {
    const scene = attendedScene(toAlice);
    const { begin, finish, world } = scene;
    let agreed: Promise<string> | undefined;
    const { session } = await begin((own) => (asked) => {
      agreed = heldBy(own);
      return obeying(scene)(asked);
    });
    await world.clock.advance(3000);
    expect(await agreed).toContain('a=recvonly');
    expect(session.outcome).toBe('Transferred 200 ALICE 0');
    await finish();
  });

  it('is done when both ask each other at the same time: that of the phone is declined', async () => {
    const scene = attendedScene(toAlice);
    const { begin, finish, world } = scene;
    let told: unknown;
    const { session } = await begin((own) => (asked) => {
      void own.refer({ uri: 'sip:+18144043222@10.0.0.1' }, new AbortController().signal).then((outcome) => {
        told = outcome;
      });
      return obeying(scene)(asked);
    });
    await world.clock.advance(3000);
    expect(told).toMatchObject({ result: 'refused', sip: 603 });
    expect(session.outcome).toBe('Transferred 200 ALICE 0');
    await finish();
  });

  it('waits until nobody holds the call any more', async () => {
    const scene = attendedScene(toAlice);
    const { begin, finish, world, hears, phones } = scene;
    let askedAtMs = 0;
    const { session } = await begin(() => (asked) => {
      askedAtMs = world.clock.now();
      return obeying(scene)(asked);
    });
    const sessionId = session.row.id;
    const beganMs = world.clock.now();
    void world.service.live.hold(manager, { sessionId });
    await world.clock.advance(5000);
    expect([askedAtMs, hears(phones.callTo(numberToDial)?.rtp)]).toEqual([0, [MUSIC]]);
    expect(session.lines.filter((line) => line.includes('is asked to call'))).toEqual([]);
    void world.service.live.patch(manager, { sessionId, callState: 'Connected' });
    await world.clock.advance(3000);
    expect(askedAtMs - beganMs).toBeGreaterThanOrEqual(5000);
    expect(session.lines.filter((line) => line.includes('is asked to call'))).toHaveLength(1);
    expect(session.outcome).toMatch(/^Transferred 200/);
    await finish();
  });

  it.each([
    ['ended', (scene: ReturnType<typeof attendedScene>) => void scene.world.stop(), 'ServerShutDown'],
    [
      'redirected',
      ({ world }: ReturnType<typeof attendedScene>) => {
        const [session] = world.sessions.values();
        void world.service.live.redirect(manager, { sessionId: session?.row.id ?? '', destination: '+18144043222' });
      },
      'Completed',
    ],
  ])('hangs up at once on who was called when the session is %s', async (_what, act, outcome) => {
    const scene = attendedScene(toFriend, { '+18144043222': { answerAfterMs: 500, says: 4, hangUpAfterMs: 2000 } });
    const { begin, finish, world, phones } = scene;
    const { session } = await begin(() => () => () => {});
    await world.clock.advance(1500);
    expect(phones.callTo(FRIEND)).toMatchObject({ answered: true, ended: undefined });
    act(scene);
    await world.clock.advance(200);
    expect(phones.callTo(FRIEND)?.ended).toBe('peer');
    await finish();
    expect(session.outcome).toBe(outcome);
  });
});
