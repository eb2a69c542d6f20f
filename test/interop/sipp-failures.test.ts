import { describe, expect } from 'vitest';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario, scenarioOver } from '../support/sipp-scenarios.ts';

// What sipp says to our INVITE, and what comes of the call. Every final response other than 2xx is repeated by sipp until our ACK.

const invited: SippStep = {
  recv: 'INVITE',
  checks: [
    ['Allow', 'PRACK'],
    ['Supported', '100rel'],
  ],
};
const refuse = (status: number, lines: readonly string[] = []): SippStep => ({ reply: status, lines, repeat: true });

describe.each(['udp', 'tcp'] as const)('a refusal ends the call and is acknowledged, over %s', (transport) => {
  for (const status of [403, 404, 408, 410, 480, 484, 488, 491, 500, 503, 504, 600, 603, 606])
    scenarioOver[transport](String(status), async (calls) => {
      const lines = status === 503 ? ['Retry-After: 30'] : [];
      const { sipp, agent, call } = await calls.call([invited, refuse(status, lines), acknowledged], { transport });
      expect(await sipp.done).toBe('');
      expect(call.failure).toMatchObject({ why: 'response', status });
      await eventually(() => expect(agent.liveDialogs).toBe(0));
    });
});

describe('422', () => {
  scenario('is obeyed with a longer session, once', async (calls) => {
    const { sipp, call } = await calls.call([
      invited,
      refuse(422, ['Min-SE: 3600']),
      acknowledged,
      {
        recv: 'INVITE',
        checks: [
          ['Min-SE', '3600'],
          ['Session-Expires', '3600'],
        ],
      },
      refuse(422, ['Min-SE: 7200']),
      acknowledged,
    ]);
    expect(await sipp.done).toBe('');
    expect(call.failure).toMatchObject({ why: 'response', status: 422 });
  });
});

const challenge = (status: 401 | 407, more: string): SippStep =>
  refuse(status, [`${status === 401 ? 'WWW' : 'Proxy'}-Authenticate: Digest realm="sipp", ${more}`]);
const answered = [answer, acknowledged, ...hungUp];
const nonce = (text: string): string => `nonce="${text}"`;

describe('a challenge', () => {
  scenario('401 with MD5 is answered with the digest of the nonce, once', async (calls) => {
    await succeeds(calls, [
      invited,
      challenge(401, `${nonce('one')}, qop="auth", algorithm=MD5`),
      acknowledged,
      {
        recv: 'INVITE',
        checks: [
          ['Authorization', 'nonce="one".*response="[0-9a-f]{32}"'],
          ['CSeq', '2 INVITE'],
        ],
      },
      ...answered,
    ]);
  });

  scenario('407 with SHA-256 and MD5 is answered with SHA-256', async (calls) => {
    await succeeds(calls, [
      invited,
      refuse(407, [
        `Proxy-Authenticate: Digest realm="sipp", ${nonce('a')}, qop="auth", algorithm=SHA-256`,
        `Proxy-Authenticate: Digest realm="sipp", ${nonce('b')}, qop="auth", algorithm=MD5`,
      ]),
      acknowledged,
      {
        recv: 'INVITE',
        checks: [
          ['Proxy-Authorization', 'algorithm=SHA-256'],
          ['Proxy-Authorization', 'response="[0-9a-f]{64}"'],
        ],
      },
      ...answered,
    ]);
  });

  scenario('without qop is answered as RFC 2069 had it', async (calls) => {
    await succeeds(calls, [
      invited,
      challenge(401, nonce('old')),
      acknowledged,
      { recv: 'INVITE', checks: [['Authorization', 'nonce="old"']] },
      ...answered,
    ]);
  });

  scenario('with a stale nonce is answered again with the new one', async (calls) => {
    await succeeds(calls, [
      invited,
      challenge(407, `${nonce('old')}, qop="auth"`),
      acknowledged,
      { recv: 'INVITE', checks: [['Proxy-Authorization', 'nonce="old"']] },
      challenge(407, `${nonce('new')}, qop="auth", stale=true`),
      acknowledged,
      {
        recv: 'INVITE',
        checks: [
          ['Proxy-Authorization', 'nonce="new"'],
          ['CSeq', '3 INVITE'],
        ],
      },
      ...answered,
    ]);
  });

  scenario('of the proxy and of the callee are both answered', async (calls) => {
    await succeeds(calls, [
      invited,
      challenge(407, `${nonce('proxy')}, qop="auth"`),
      acknowledged,
      { recv: 'INVITE', checks: [['Proxy-Authorization', 'nonce="proxy"']] },
      challenge(401, `${nonce('callee')}, qop="auth"`),
      acknowledged,
      {
        recv: 'INVITE',
        checks: [
          ['Proxy-Authorization', 'nonce="proxy"'],
          ['', 'nonce="callee"'],
        ],
      },
      ...answered,
    ]);
  });

  scenario('to a wrong password is not answered again', async (calls) => {
    const { sipp, call } = await calls.call([
      invited,
      challenge(401, `${nonce('one')}, qop="auth"`),
      acknowledged,
      { recv: 'INVITE' },
      challenge(401, `${nonce('two')}, qop="auth"`),
      acknowledged,
    ]);
    expect(await sipp.done).toBe('');
    expect(call.failure).toMatchObject({ why: 'response', status: 401 });
  });

  scenario('to our BYE is answered', async (calls) => {
    await succeeds(calls, [
      invited,
      answer,
      acknowledged,
      { recv: 'BYE' },
      challenge(407, `${nonce('bye')}, qop="auth"`),
      {
        recv: 'BYE',
        checks: [
          ['Proxy-Authorization', 'nonce="bye"'],
          ['CSeq', '3 BYE'],
        ],
      },
      { reply: 200 },
    ]);
  });

  async function succeeds(calls: SippCalls, steps: readonly SippStep[]): Promise<void> {
    const { sipp, call } = await calls.call(steps);
    call.onAnswered = (dialog) => void dialog.bye();
    expect(await sipp.done).toBe('');
    calls.expectEvents(call, ['sent', 'answered', 'ended by us']);
  }
});
