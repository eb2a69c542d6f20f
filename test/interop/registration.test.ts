import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openUdp } from '../../src/wire/udp.ts';
import { sippCallee } from '../support/sipp.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('a registration at SIPp', () => {
  it('answers its challenge, learns for how long it is, and ends', async () => {
    const registrar = await sippCallee('registrar', 'udp');
    closers.push(() => registrar.stop());
    const wire = await openUdp({ local: { address: '127.0.0.1', port: 0 }, log: silentLogger });
    const agent = new UserAgent({ wires: [wire], clock: systemClock, random: systemRandom, log: silentLogger, product: 'test' });
    closers.push(() => agent.close());
    const uri = `sip:127.0.0.1:${registrar.local.port}`;
    const registration = agent.registration({
      registrar: uri,
      address: `sip:user@127.0.0.1:${registrar.local.port}`,
      contactUser: 'user',
      credentials: { userName: 'user', password: 'secret' },
    });
    const to = { ...registrar.local, transport: 'udp' } as const;
    const { signal } = new AbortController();
    expect(await registration.register(to, 600, signal)).toEqual({ registered: true, expiresMs: 120_000 });
    expect(await registration.register(to, 0, signal)).toEqual({ registered: true, expiresMs: 0 });
    expect(await registrar.done).toBe('');
  }, 30_000);
});
