import { describe, expect } from 'vitest';
import { scenario } from '../support/sipp-scenarios.ts';

describe('a registration at SIPp', () => {
  scenario('answers its challenge, learns for how long it is, and ends', async (calls) => {
    const { agent, udp } = await calls.open();
    const { sipp, at } = await calls.callee('registrar', udp);
    const registration = agent.registration({
      registrar: `sip:127.0.0.1:${at.port}`,
      address: `sip:user@127.0.0.1:${at.port}`,
      contactUser: 'user',
      credentials: { userName: 'user', password: 'secret' },
    });
    const to = { ...at, transport: 'udp' } as const;
    const { signal } = new AbortController();
    expect(await registration.register(to, 600, signal)).toEqual({ registered: true, expiresMs: 120_000 });
    expect(await registration.register(to, 0, signal)).toEqual({ registered: true, expiresMs: 0 });
    expect(await sipp.done).toBe('');
  });
});
