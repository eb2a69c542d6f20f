import { describe, expect, it } from 'vitest';
import type { WireKind } from '../../src/wire/wire.ts';
import { nothingLeft, SERVER } from '../support/call-world.ts';
import { REGISTRAR, type RegistrarAnswer, registeringTrunk } from '../support/registering-trunk.ts';

const grantedFor = (seconds: number, afterMs = 0): RegistrarAnswer => [200, { headers: [['Expires', String(seconds)]] }, afterMs];
const PORTS = { tcp: 5060, tls: 5061 } as const;

/** A trunk that registers over connections, which a test can break. */
function overConnections(answer: Parameters<typeof registeringTrunk>[0], transport: Exclude<WireKind, 'udp'> = 'tcp') {
  const made: ReturnType<typeof registeringTrunk> = registeringTrunk(answer, {}, { phoneIsThere: false, transport });
  const { world, requests } = made;
  const beganMs = world.clock.now();
  const at: number[] = [];
  return {
    ...made,
    breakConnection: (): void => {
      const registrar = { address: REGISTRAR, port: 5060, ...(transport === 'tls' && { serverName: REGISTRAR }) };
      world.network.break(transport, { address: SERVER, port: PORTS[transport] }, registrar);
    },
    /** Lets time pass a second at a time, and answers in which seconds since the beginning REGISTERs have come. */
    async pass(seconds: number): Promise<readonly number[]> {
      for (let second = 0; second < seconds; second++) {
        await world.clock.advance(1_000);
        while (at.length < requests.length) at.push((world.clock.now() - beganMs) / 1_000);
      }
      return at;
    },
  };
}

describe('a trunk that is registered over a connection', () => {
  it.each(['tcp', 'tls'] as const)('of %s, which breaks, is registered again at once over another', async (transport) => {
    const { requests, lines, state, pass, breakConnection, finish } = overConnections(() => grantedFor(3600), transport);
    await pass(300);
    expect([requests.length, state()]).toEqual([1, 'Registered']);
    expect(requests[0]?.headers.first('Contact')).toBe(`<sip:alice@10.0.0.1:${PORTS[transport]};transport=${transport}>`);
    expect(requests[0]?.headers.first('Via')).toContain(`SIP/2.0/${transport.toUpperCase()} `);
    breakConnection();
    await pass(2);
    expect(requests.map(({ headers }) => headers.first('CSeq'))).toEqual(['1 REGISTER', '2 REGISTER']);
    expect(new Set(requests.map(({ headers }) => headers.first('Call-ID'))).size).toBe(1);
    expect(state()).toBe('Registered');
    expect(lines).toEqual(['A trunk is registered', 'The connection over which a trunk was registered is gone', 'A trunk is registered']);
    // What was to renew the first does not come as well.
    await pass(2500);
    expect(requests.length).toBe(2);
    await pass(700);
    expect(requests.length).toBe(3);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('is registered again each time, at once, when it lasts two minutes and more', async () => {
    const { pass, breakConnection, finish } = overConnections(() => grantedFor(3600));
    for (let time = 0; time < 5; time++) {
      await pass(150);
      breakConnection();
    }
    const at = await pass(5);
    expect(at).toHaveLength(6);
    for (const [nth, second] of at.entries()) expect(second - nth * 150).toBeLessThanOrEqual(2);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('is registered later and later when it breaks again and again', async () => {
    const { world, pass, breakConnection, finish } = overConnections(() => {
      world.clock.after(2_000, breakConnection);
      return grantedFor(3600);
    });
    const at = await pass(3600);
    const gaps = at.slice(1).map((second, nth) => second - (at[nth] ?? 0));
    expect(gaps[0]).toBeLessThanOrEqual(4);
    for (const [nth, least] of [2, 5, 10, 20, 40, 80].entries()) expect(gaps[nth + 1]).toBeGreaterThanOrEqual(least);
    // A break that no renewal comes before, and never more than five minutes.
    for (const gap of gaps) expect(gap).toBeLessThanOrEqual(304);
    expect(at.length).toBeLessThanOrEqual(24);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('is not registered while the registrar is gone, and soon after it is back', async () => {
    const { requests, registrations, state, listen, goAway, pass, breakConnection, finish } = overConnections(() => grantedFor(3600));
    await pass(300);
    await goAway();
    breakConnection();
    await pass(60);
    expect([requests.length, state()]).toEqual([1, 'Failed']);
    expect(registrations.stateOf('trunk-1')).not.toHaveProperty('expires');
    listen(REGISTRAR);
    await pass(120);
    expect([requests.length, state()]).toEqual([2, 'Registered']);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('which breaks under its renewal, has that sent again and no other', async () => {
    const { requests, state, pass, breakConnection, finish } = overConnections((_request, nth) => {
      // The answer to the repetition takes longer than a trunk would wait that has lost its connection.
      if (nth !== 2) return grantedFor(100, nth === 3 ? 5_000 : 0);
      breakConnection();
      return undefined;
    });
    for (let second = 0; second < 85 && requests.length < 3; second++) await pass(1);
    expect([requests.length, state()]).toEqual([3, 'Registering']);
    await pass(60);
    expect([requests.length, state()]).toEqual([3, 'Registered']);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('which breaks when its renewal was refused, waits as long as the registrar says', async () => {
    const { requests, pass, breakConnection, finish } = overConnections((_request, nth) =>
      nth === 2 ? [503, { headers: [['Retry-After', '300']] }] : grantedFor(1000),
    );
    await pass(801);
    expect(requests.length).toBe(2);
    breakConnection();
    await pass(190);
    expect(requests.length).toBe(2);
    await pass(111);
    expect(requests.length).toBe(3);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('which breaks as the server stops, is told its end all the same', async () => {
    const { expires, pass, breakConnection, finish } = overConnections(() => grantedFor(600));
    await pass(200);
    breakConnection();
    await pass(1);
    breakConnection();
    // It waits for some seconds before it registers once more.
    await pass(1);
    expect(expires()).toEqual(['600', '600']);
    expect(await finish()).toEqual(nothingLeft);
    expect(expires()).toEqual(['600', '600', '0']);
  });

  it.each(['gone', 'not to be registered any more'])('is not registered again when the trunk is %s', async (how) => {
    const { requests, expires, stored, row, change, pass, breakConnection, finish } = overConnections(() => grantedFor(3600));
    await pass(300);
    stored.rows = how === 'gone' ? [] : [{ ...row, trunk: { registration: { isEnabled: false } } }];
    change();
    await pass(2);
    expect(expires()).toEqual(['600', '0']);
    breakConnection();
    await pass(600);
    expect(requests.length).toBe(2);
    expect(await finish()).toEqual(nothingLeft);
  });
});
