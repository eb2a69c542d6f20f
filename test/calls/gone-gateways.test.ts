import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft, PHONE, SERVER, type WorldOptions } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { startLine } from '../support/sip-agents.ts';

const waiting = flowOf({ wait: ['WaitNode', { Timeout: 7200, Done: to('bye') }], bye: ['HangUpNode'] });
const MINUTE_MS = 60_000;

const isRtp = (bytes: Uint8Array): boolean => (bytes[0] ?? 0) >> 6 === 2;

/** Takes session timers out of a SIP message: neither side knows them. */
function withoutTimers(bytes: Uint8Array): void {
  const text = Buffer.from(bytes).toString('latin1');
  const other = text.replace('Session-Expires:', 'Xession-Expires:').replace('100rel, timer,', '100rel, xxxxx,');
  bytes.set(Buffer.from(other, 'latin1'));
}

/** A call over the only channel of a trunk that knows no session timers; `line.is` says what becomes of what the gateway sends. */
async function callOverGateway(more: Partial<WorldOptions> = {}) {
  const line = { is: 'good' as 'good' | 'dead' | 'without audio' };
  const asked: number[] = [];
  const world = callWorld({
    flow: waiting,
    maxChannels: 1,
    ...more,
    filter: (bytes, from) => {
      if (!isRtp(bytes)) withoutTimers(bytes);
      const isOfGateway = from.address === PHONE;
      if (!isRtp(bytes) && from.address === SERVER && startLine(Buffer.from(bytes).toString()) === 'OPTIONS') asked.push(world.clock.now());
      if (line.is === 'dead' && isOfGateway) return 'drop';
      return line.is === 'without audio' && isOfGateway && isRtp(bytes) ? 'drop' : 'pass';
    },
  });
  const session = await world.call();
  await world.clock.advance(10_000);
  expect(session.callState).toBe('Connected');
  return { world, session, line, asked };
}

describe('a gateway that knows no session timers', () => {
  it('and loses its power in a call is found out: the call has failed, and its channel is free again', async () => {
    const { world, session, line, asked } = await callOverGateway();
    await world.clock.advance(10 * MINUTE_MS);
    expect(asked).toEqual([]);
    line.is = 'dead';
    const diedAtMs = world.clock.now();
    expect(await world.over(session)).toBe(true);
    expect(session).toMatchObject({ outcome: 'Failed', sipCause: 408 });
    expect(session.lines.at(-1)).toBe('The call failed (SIP 408 Nothing comes from the peer any more, and it does not answer)');
    const tookMs = (session.endedAtMs ?? 0) - diedAtMs;
    expect(tookMs).toBeGreaterThan(MINUTE_MS);
    expect(tookMs).toBeLessThan(100_000);
    line.is = 'good';
    const next = await world.call();
    await world.clock.advance(10_000);
    expect(next.callState).toBe('Connected');
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('keeps a call in which it is silent, since it answers when it is asked', async () => {
    const { world, session, line, asked } = await callOverGateway();
    line.is = 'without audio';
    await world.clock.advance(10 * MINUTE_MS);
    expect(session.callState).toBe('Connected');
    expect(asked.length).toBeGreaterThanOrEqual(9);
    expect(asked.length).toBeLessThanOrEqual(10);
    line.is = 'good';
    await world.clock.advance(MINUTE_MS);
    asked.length = 0;
    await world.clock.advance(10 * MINUTE_MS);
    expect(asked).toEqual([]);
    await world.stop();
    expect(await world.finish()).toEqual(nothingLeft);
  });
});
