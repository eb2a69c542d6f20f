import { describe, expect, it } from 'vitest';
import type { SessionInfo } from '../contracts/sessions.ts';
import type { Logger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { type CallbackBody, CallbackSender } from './callback-sender.ts';
import { CallbackRefused } from './callback-url.ts';
import type { JsonPost } from './post-json.ts';
import { addressCheck } from './public-address.ts';

const session: SessionInfo = { id: 'session-1', callState: 'Ringing' };
const URL_OF_ONE = 'https://user:secret@hooks.example.com/secret-path?token=secret';

interface Sent {
  readonly atMs: number;
  readonly post: JsonPost;
  readonly body: CallbackBody;
}

/** A sender whose receivers take `tookMs` to answer what `answer` says; an error is thrown. */
function scene(answer: (sent: Sent, nth: number) => number | Error = () => 204, tookMs = 10) {
  const clock = new VirtualClock(0);
  const sent: Sent[] = [];
  const lines: { fields: Readonly<Record<string, unknown>>; message: string }[] = [];
  let open = 0;
  let mostOpen = 0;
  const keep: Logger['warn'] = (fields, message) => void lines.push({ fields, message });
  const sender = new CallbackSender({
    product: 'Ringflow/1',
    mayReach: addressCheck(['127.0.0.0/8']),
    clock,
    log: { debug: keep, info: keep, warn: keep, error: keep },
    post: (post, signal) => {
      const one = { atMs: clock.now(), post, body: JSON.parse(post.body) };
      sent.push(one);
      mostOpen = Math.max(mostOpen, ++open);
      const said = answer(one, sent.length);
      return new Promise<number>((resolve, reject) => {
        const timer = clock.after(tookMs, () => (typeof said === 'number' ? resolve(said) : reject(said)));
        signal.addEventListener('abort', () => {
          timer.cancel();
          reject(signal.reason);
        });
      }).finally(() => open--);
    },
  });
  const events = () => sent.map(({ body }) => body.event);
  return { clock, sender, sent, lines, events, mostOpen: () => mostOpen };
}

describe('CallbackSender', () => {
  it('sends the event with the session as it was, under a key of its own', async () => {
    const { clock, sender, sent } = scene();
    const line = sender.open('session-1', URL_OF_ONE);
    await clock.advance(1000);
    const changing = { ...session };
    line.tell('Ringing', changing);
    changing.callState = 'Connected';
    line.tell('Answered', changing);
    await clock.advance(100);
    expect(sent.map(({ body }) => body)).toEqual([
      { event: 'Ringing', sequence: 1, at: '1970-01-01T00:00:01.000Z', session },
      { event: 'Answered', sequence: 2, at: '1970-01-01T00:00:01.000Z', session: { ...session, callState: 'Connected' } },
    ]);
    expect(sent[0]?.post.url.href).toBe(URL_OF_ONE);
    expect(sent.map(({ post }) => post.headers)).toEqual([
      { 'user-agent': 'Ringflow/1', 'idempotency-key': 'session-1-1' },
      { 'user-agent': 'Ringflow/1', 'idempotency-key': 'session-1-2' },
    ]);
    expect([sender.waiting, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('sends the events of a call one after the other, and those of other calls meanwhile', async () => {
    const { clock, sender, sent } = scene(() => 200, 1000);
    const first = sender.open('session-1', URL_OF_ONE);
    const second = sender.open('session-2', URL_OF_ONE);
    first.tell('Initiated', session);
    first.tell('Ringing', session);
    second.tell('Initiated', session);
    await clock.advance(5000);
    expect(sent.map(({ atMs, body, post }) => [atMs, post.headers['idempotency-key'], body.event])).toEqual([
      [0, 'session-1-1', 'Initiated'],
      [0, 'session-2-1', 'Initiated'],
      [1000, 'session-1-2', 'Ringing'],
    ]);
  });

  it.each([[new Error('connect ECONNREFUSED')], [429], [500], [503]])(
    'tries %s again after 1, 5, 15 and 60 s, then gives up',
    async (answer) => {
      const { clock, sender, sent, lines } = scene((one) => (one.body.event === 'Initiated' ? answer : 204), 0);
      const line = sender.open('session-1', URL_OF_ONE);
      line.tell('Initiated', session);
      line.tell('Completed', session);
      await clock.advance(200_000);
      expect(sent.map(({ atMs }) => atMs / 1000)).toEqual([0, 1, 6, 21, 81, 81]);
      expect(new Set(sent.slice(0, 5).map(({ post }) => post.headers['idempotency-key']))).toEqual(new Set(['session-1-1']));
      expect(sent[5]?.body).toMatchObject({ event: 'Completed', sequence: 2 });
      const reason = typeof answer === 'number' ? `HTTP ${answer}` : answer.message;
      expect(lines).toEqual([
        {
          message: 'A status callback was given up',
          fields: { sessionId: 'session-1', receiver: 'https://hooks.example.com', sequence: 1, reason },
        },
      ]);
      expect([sender.waiting, clock.pendingTimers]).toEqual([0, 0]);
    },
  );

  it.each([[400], [404], [307], [new CallbackRefused('not allowed')]])('does not try %s again', async (answer) => {
    const { clock, sender, events, lines } = scene((_sent, nth) => (nth === 1 ? answer : 204));
    const line = sender.open('session-1', URL_OF_ONE);
    line.tell('Initiated', session);
    line.tell('Ringing', session);
    await clock.advance(100);
    expect(events()).toEqual(['Initiated', 'Ringing']);
    expect(lines).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('goes on when a receiver is back', async () => {
    const { clock, sender, events, lines } = scene((_sent, nth) => (nth <= 2 ? 503 : 200));
    sender.open('session-1', URL_OF_ONE).tell('Initiated', session);
    await clock.advance(10_000);
    expect(events()).toEqual(['Initiated', 'Initiated', 'Initiated']);
    expect(lines).toEqual([]);
    expect(sender.waiting).toBe(0);
  });

  it('keeps no more than ten requests open to one receiver, and none from another', async () => {
    const { clock, sender, sent, mostOpen } = scene(() => 200, 1000);
    for (let call = 0; call < 25; call++) sender.open(`session-${call}`, URL_OF_ONE).tell('Initiated', session);
    expect(sent).toHaveLength(10);
    sender.open('other', 'https://other.example.com/').tell('Initiated', session);
    expect(sent).toHaveLength(11);
    await clock.advance(999);
    expect(sent).toHaveLength(11);
    await clock.advance(2001);
    expect(sent).toHaveLength(26);
    expect(mostOpen()).toBe(11);
    await clock.advance(1000);
    expect(sender.waiting).toBe(0);
  });

  it('does not hold a place at the receiver while it waits to try again', async () => {
    const { clock, sender, sent } = scene((one) => (one.post.headers['idempotency-key'] === 'late-1' ? 200 : 503), 0);
    for (let call = 0; call < 10; call++) sender.open(`session-${call}`, URL_OF_ONE).tell('Initiated', session);
    await clock.advance(10);
    sender.open('late', URL_OF_ONE).tell('Initiated', session);
    expect(sent).toHaveLength(11);
    await clock.advance(200_000);
  });

  it('takes so many events for one receiver, and so many in all; what is beyond costs one line', async () => {
    const { clock, sender, sent, lines } = scene(() => 200, 1);
    for (let call = 0; call < 6000; call++) sender.open(`a-${call}`, URL_OF_ONE).tell('Initiated', session);
    expect(sender.waiting).toBe(5000);
    expect(lines).toHaveLength(1);
    for (let call = 0; call < 6000; call++) sender.open(`b-${call}`, `https://host-${call % 2}.example.com/`).tell('Initiated', session);
    expect(sender.waiting).toBe(10_000);
    expect(lines).toHaveLength(2);
    await clock.advance(2000);
    expect(sent).toHaveLength(10_000);
    expect(sender.waiting).toBe(0);
  });

  it('says nothing of the address but the server in the log', async () => {
    const { clock, sender, lines } = scene(() => 400);
    sender.open('session-1', URL_OF_ONE).tell('Initiated', session);
    await clock.advance(100);
    expect(lines).toHaveLength(1);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('says what is wrong with an address, by the networks of this server', () => {
    const { sender } = scene();
    expect(sender.problemOf('http://127.0.0.1:3000/')).toBeUndefined();
    expect(sender.problemOf('http://10.0.0.1/')).toMatch(/public/);
  });

  describe('that is closed', () => {
    it('lets what is queued go out, and takes nothing more', async () => {
      const { clock, sender, events, lines } = scene(() => 200, 500);
      const line = sender.open('session-1', URL_OF_ONE);
      line.tell('Answered', session);
      line.tell('Completed', session);
      let closed = false;
      void sender.close().then(() => {
        closed = true;
      });
      line.tell('Completed', session);
      await clock.advance(999);
      expect(closed).toBe(false);
      await clock.advance(1);
      expect(closed).toBe(true);
      expect(events()).toEqual(['Answered', 'Completed']);
      expect(lines).toHaveLength(1);
      expect(clock.pendingTimers).toBe(0);
    });

    it('gives up after 3 s what is under way, what waits, and what is to be tried again', async () => {
      const { clock, sender, sent, lines } = scene((one) => (one.post.headers['idempotency-key'] === 'again-1' ? 503 : 200), 60_000);
      for (const id of ['again', 'slow']) sender.open(id, `https://${id}.example.com/`).tell('Initiated', session);
      await clock.advance(60_000);
      const slow = sender.open('slow', URL_OF_ONE);
      slow.tell('Ringing', session);
      slow.tell('Answered', session);
      let closed = false;
      void sender.close().then(() => {
        closed = true;
      });
      await clock.advance(2999);
      expect(closed).toBe(false);
      const before = sent.length;
      await clock.advance(1);
      expect(closed).toBe(true);
      expect(lines.at(-1)).toEqual({ message: 'Status callbacks were given up: the server stops', fields: { events: 3 } });
      expect(clock.pendingTimers).toBe(0);
      await clock.advance(200_000);
      expect(sent).toHaveLength(before);
      await sender.close();
    });

    it('is closed at once when nothing waits', async () => {
      const { clock, sender } = scene();
      await sender.close();
      expect(clock.pendingTimers).toBe(0);
    });
  });
});
