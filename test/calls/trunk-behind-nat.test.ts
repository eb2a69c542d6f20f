import { describe, expect, it } from 'vitest';
import type { Faults } from '../../src/wire/memory-network.ts';
import { nothingLeft } from '../support/call-world.ts';
import { ForgetfulNat } from '../support/forgetful-nat.ts';
import { rawCaller } from '../support/raw-caller.ts';
import { granted, type RegistrarAnswer, registeringTrunk } from '../support/registering-trunk.ts';

const REGISTRAR = '10.0.2.1';
const FORGETS_MS = 60_000;

/** A trunk that registers from behind a NAT which forgets after a minute, and what was sent to keep it from that. */
function behindNat(answer: Parameters<typeof registeringTrunk>[0]) {
  const pings: { readonly atMs: number; readonly to: string }[] = [];
  const now = (): number => scene.world.clock.now();
  const nat = new ForgetfulNat(now, '10.0.0.1', '192.0.2.7', FORGETS_MS);
  const filter: Faults['filter'] = (bytes, _from, { address, port }) => {
    if (bytes.length < 16) pings.push({ atMs: now(), to: `${address}:${port}` });
    return 'pass';
  };
  const scene: ReturnType<typeof registeringTrunk> = registeringTrunk(
    answer,
    {},
    { phoneIsThere: false, phoneAt: REGISTRAR, faults: { nat, filter } },
  );
  return { ...scene, pings };
}

const grantedFor = (seconds: number) => (): RegistrarAnswer => granted(seconds);

describe('a trunk that is registered over UDP from behind a NAT which forgets after a minute', () => {
  it('takes a call that comes ten minutes later, long before the registration is renewed', async () => {
    const { world, requests, sources, pings, finish } = behindNat(grantedFor(3600));
    await world.clock.advance(600_000);
    expect(requests.length).toBe(1);
    const [server] = sources;
    expect(server).toMatchObject({ address: '192.0.2.7' });
    const caller = rawCaller(world, REGISTRAR, { port: 5062, server });
    await caller.invite();
    await caller.ack();
    expect(caller.statuses()).toEqual([100, 180, 200]);
    await world.clock.advance(5_000);
    await caller.close();
    expect(await finish()).toEqual(nothingLeft);
    expect(new Set(pings.map(({ to }) => to))).toEqual(new Set([`${REGISTRAR}:5060`]));
  });

  it('sends an empty line every 24 to 29 seconds, also when a renewal fails, until the registration is over', async () => {
    const { world, pings, finish } = behindNat((_request, nth) => (nth === 1 ? granted(600) : [403]));
    const begunMs = world.clock.now();
    await world.clock.advance(900_000);
    const gaps = pings.map(({ atMs }, nth) => atMs - (pings[nth - 1]?.atMs ?? begunMs));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(24_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(29_000);
    const last = (pings.at(-1)?.atMs ?? 0) - begunMs;
    expect(last).toBeGreaterThan(600_000 - 29_000);
    expect(last).toBeLessThanOrEqual(600_000);
    expect(await finish()).toEqual(nothingLeft);
  });

  it.each([
    ['gone', grantedFor(3600)],
    ['gone after its renewal has failed', (_request: unknown, nth: number): RegistrarAnswer => (nth === 1 ? granted(100) : [403])],
  ])('sends none any more once the trunk is %s', async (_when, answer) => {
    const { world, stored, change, pings, finish } = behindNat(answer);
    await world.clock.advance(90_000);
    expect(pings.length).toBeGreaterThanOrEqual(3);
    stored.rows = [];
    change();
    await world.clock.advance(1_000);
    const sent = pings.length;
    await world.clock.advance(300_000);
    expect(pings.length).toBe(sent);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('sends none while the registrar has granted nothing', async () => {
    const { world, pings, finish } = behindNat(() => [403]);
    await world.clock.advance(90_000);
    expect(pings).toEqual([]);
    expect(await finish()).toEqual(nothingLeft);
  });
});
