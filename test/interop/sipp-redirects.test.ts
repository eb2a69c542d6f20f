import { describe, expect } from 'vitest';
import type { SippCalls } from '../support/sipp-calls.ts';
import { acknowledged, answer, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// Redirections (3xx) by sipp, and how far they are followed.

const here = (user: string): string => `sip:${user}@[local_ip]:[local_port]`;
const redirected = (status: number, ...contacts: string[]): readonly SippStep[] => [
  { reply: status, contact: contacts.join(', ') },
  acknowledged,
];
const invited = (user: string): SippStep => ({ recv: 'INVITE', checks: [['', `INVITE sip:${user}@`]] });
const busy: readonly SippStep[] = [{ reply: 486 }, acknowledged];

/** Calls sipp, and follows it wherever on this machine `mayFollow` allows. Answers what became of the call. */
async function redirect(calls: SippCalls, steps: readonly SippStep[], mayFollow: (uri: string) => boolean = () => true) {
  const followed: string[] = [];
  const redirects = async (uri: string) => {
    const [, user = '', port] = /^sip:([^@]+)@127\.0\.0\.1:([0-9]+)$/.exec(uri) ?? [];
    if (!mayFollow(uri)) return undefined;
    followed.push(user);
    return { address: '127.0.0.1', port: Number(port), transport: 'udp' } as const;
  };
  const { sipp, call, agent } = await calls.call([{ recv: 'INVITE' }, ...steps], { invite: { redirects } });
  await eventually(() => expect(call.dialog ?? call.failure).toBeDefined());
  await call.dialog?.bye();
  expect(await sipp.done).toBe('');
  await eventually(() => expect(agent.liveDialogs).toBe(0));
  return { call, followed };
}

describe('a redirection', () => {
  for (const status of [300, 301, 302, 305, 380])
    scenario(`${status} is followed, with a new Request-URI, and the call is answered there`, async (calls) => {
      const { call, followed } = await redirect(calls, [
        ...redirected(status, `<${here('there')}>`),
        invited('there'),
        answer,
        acknowledged,
        ...hungUp,
      ]);
      calls.expectEvents(call, ['sent', 'answered', 'ended by us']);
      expect(followed).toEqual(['there']);
    });

  scenario('to several is followed by their wishes, until one answers', async (calls) => {
    const wishes = [`<${here('low')}>;q=0.1`, `<${here('high')}>;q=0.9`, `<${here('middle')}>;q=0.5`];
    const { followed } = await redirect(calls, [
      ...redirected(302, ...wishes),
      invited('high'),
      ...busy,
      invited('middle'),
      answer,
      acknowledged,
      ...hungUp,
    ]);
    expect(followed).toEqual(['high', 'middle']);
  });

  scenario('to where the call was already ends it', async (calls) => {
    const { call } = await redirect(calls, [
      ...redirected(302, `<${here('one')}>`),
      invited('one'),
      ...redirected(302, `<${here('two')}>, <${here('one')}>`),
      invited('two'),
      ...redirected(302, `<${here('one')}>`, `<${here('two')}>`),
    ]);
    expect(call.failure).toMatchObject({ why: 'response', status: 302 });
  });

  scenario('to more than five is given up after the fifth', async (calls) => {
    const users = Array.from({ length: 8 }, (_none, at) => `target${at}`);
    const { call, followed } = await redirect(calls, [
      ...redirected(302, ...users.map((user) => `<${here(user)}>`)),
      ...users.slice(0, 5).flatMap((user) => [invited(user), ...busy]),
    ]);
    expect(call.failure).toMatchObject({ why: 'response', status: 486 });
    expect(followed).toEqual(users.slice(0, 5));
  });

  scenario('to where it may not go ends the call, and nobody there is called', async (calls) => {
    const { call, followed } = await redirect(calls, redirected(302, '<sip:premium@192.0.2.66>'), (uri) => uri.includes('127.0.0.1'));
    expect(call.failure).toMatchObject({ why: 'response', status: 302 });
    expect(followed).toEqual([]);
  });

  scenario('without anywhere to go ends the call', async (calls) => {
    const { call } = await redirect(calls, redirected(302, '<mailto:nobody@example.com>'));
    expect(call.failure).toMatchObject({ why: 'response', status: 302 });
  });
});
