import { describe, expect, it } from 'vitest';
import { basic } from '../../test/support/fake-services.ts';
import { testApp } from '../../test/support/test-app.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { RequestRate } from './request-rate.ts';

describe('the rate of a login', () => {
  it('lets two seconds of requests through at once, then as many as the rate', async () => {
    const clock = new VirtualClock();
    const rate = new RequestRate(10, clock);
    const takenAtOnce = () => {
      let taken = 0;
      while (rate.take('a', 1) === 0) taken++;
      return taken;
    };
    expect(takenAtOnce()).toBe(20);
    expect(rate.take('a', 1)).toBeCloseTo(0.1);
    await clock.advance(500);
    expect(takenAtOnce()).toBe(5);
    await clock.advance(60_000);
    expect(takenAtOnce()).toBe(20);
  });

  it('is that of one login', () => {
    const rate = new RequestRate(1, new VirtualClock());
    expect([rate.take('a', 2), rate.take('b', 2)]).toEqual([0, 0]);
    expect([rate.take('a', 1), rate.take('b', 1)]).toEqual([1, 1]);
  });

  it('takes no token of what it refuses', async () => {
    const clock = new VirtualClock();
    const rate = new RequestRate(10, clock);
    expect(rate.take('a', 15)).toBe(0);
    expect(rate.take('a', 15)).toBe(1);
    expect(rate.take('a', 5)).toBe(0);
  });

  it('takes what is more than can be saved up from a full bucket, as a debt', async () => {
    const clock = new VirtualClock();
    const rate = new RequestRate(10, clock);
    expect(rate.take('a', 100)).toBe(0);
    expect(rate.take('a', 1)).toBeCloseTo(8.1);
    await clock.advance(8_100);
    expect(rate.take('a', 1)).toBe(0);
  });

  it('keeps 10,000 logins at most, and those that are active among them', () => {
    const rate = new RequestRate(1, new VirtualClock());
    rate.take('busy', 2);
    let most = 0;
    for (let login = 0; login < 25_000; login++) {
      rate.take(`login ${login}`, 1);
      expect(rate.take('busy', 1)).toBeGreaterThan(0);
      most = Math.max(most, rate.size);
    }
    expect(most).toBeLessThanOrEqual(10_000);
  });
});

describe('a login that sends too much', () => {
  const outgoing = {
    method: 'POST',
    url: '/sessions/outgoing',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    payload: '{"flowId":"flow","numberToDial":"+18144043093"}',
  } as const;

  it('is told when to try again, and nobody else is', async () => {
    const { app, send, clock, services } = testApp({ requestsPerSecond: 2 });
    for (let sent = 0; sent < 4; sent++) expect((await send(outgoing)).statusCode).toBe(204);
    const refused = await send(outgoing);
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
    expect(refused.json().responseStatus).toMatchObject({
      errorCode: 'TooManyRequests',
      message: 'Your login may send 2 requests per second. Wait 1 s and try again.',
    });
    expect(services.calls).toHaveLength(4);
    expect((await send({ ...outgoing, headers: { ...outgoing.headers, authorization: basic('admin') } })).statusCode).toBe(204);
    expect((await app.inject({ method: 'POST', url: '/auth/credentials' })).statusCode).toBe(400);
    await clock.advance(500);
    expect((await send(outgoing)).statusCode).toBe(204);
  });

  it('cannot avoid it by a batch', async () => {
    const { send } = testApp({ requestsPerSecond: 2 });
    const batch = { ...outgoing, url: '/api/NewOutgoingSession[]', payload: `[${Array(4).fill(outgoing.payload).join()}]` };
    expect((await send(batch)).statusCode).toBe(200);
    const refused = await send(batch);
    expect([refused.statusCode, refused.headers['retry-after'], refused.headers['x-autobatch-completed']]).toEqual([429, '2', undefined]);
  });

  it('is not told so where there is no limit', async () => {
    const { send } = testApp({ requestsPerSecond: 0 });
    for (let sent = 0; sent < 50; sent++) expect((await send(outgoing)).statusCode).toBe(204);
  });
});
