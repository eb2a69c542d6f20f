import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { carrier, targetAt } from '../support/carriers.ts';
import { dnsTable } from '../support/dns-table.ts';
import { flowOf, to } from '../support/flow-builder.ts';

// A server that has an IPv4 and an IPv6 address.

const flow = flowOf({
  ask: ['GatherNode', { Prompt: '01234', MaxDigits: 1, TimeoutInSeconds: 5, Done: to('bye'), NoInput: to('never') }],
  never: ['WaitNode', { Timeout: 60, Done: to('bye') }],
  bye: ['HangUpNode'],
});
const SERVER_SIX = '2001:db8::1';
const SIX = '2001:db8::2';
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

async function call(phoneAt: string, first?: string, name?: string) {
  const invites: string[] = [];
  const targets =
    name === undefined ? [...(first === undefined ? [] : [targetAt(first)]), targetAt(phoneAt, { priority: 1 })] : [targetAt(name)];
  const world = callWorld({
    flow,
    otherServer: SERVER_SIX,
    phoneAt,
    targets,
    dns: dnsTable({ addresses: { 'both.example': [first ?? phoneAt, phoneAt] } }),
    phone: { digits: '5', digitsAfterMs: 300 },
    filter: (bytes, from) => {
      if (text(bytes).startsWith('INVITE')) invites.push(`${from.address} ${text(bytes)}`);
      return 'pass';
    },
  });
  const refusing = first === undefined ? undefined : carrier(world, first, (invite) => invite.reject(503));
  const session = await world.call();
  expect(await world.over(session)).toBe(true);
  await refusing?.close();
  const left = await world.finish();
  return { session, invites, heard: world.phoneEvents.find(({ event }) => event === 'first-audio'), left };
}

describe('a call from a server of both families', () => {
  it.each([
    [SIX, SERVER_SIX, '[2001:db8::1]', 'IP6'],
    [PHONE, '10.0.0.1', '10.0.0.1', 'IP4'],
  ])('to a trunk at %s names its address of that family everywhere, and has audio', async (phoneAt, server, host, family) => {
    const { session, invites, heard, left } = await call(phoneAt);
    expect(session.outcome).toBe('Completed');
    expect(session.lines).toContain('Gather: Done');
    expect(heard).toMatchObject({ lost: 0 });
    const [invite = ''] = invites;
    expect(invite.startsWith(`${server} INVITE`)).toBe(true);
    expect(invite).toContain(`Via: SIP/2.0/UDP ${host}:5060;`);
    expect(invite).toMatch(/^Contact: <sip:[^>]*>\r$/m);
    expect(invite).toContain(`@${host}:5060>`);
    expect(invite).toContain(`c=IN ${family} ${server}\r\n`);
    expect(left).toEqual(nothingLeft);
  });

  it.each([
    ['targets', SIX, '10.0.9.9', undefined, ['IP4', 'IP6']],
    ['targets', PHONE, '2001:db8::9', undefined, ['IP6', 'IP4']],
    ['addresses of a name', SIX, '10.0.9.9', 'both.example', ['IP4', 'IP6']],
  ])('changes its address with the family of the %s on the way to %s', async (_what, phoneAt, first, name, families) => {
    const { session, invites, heard, left } = await call(phoneAt, first, name);
    expect(session.outcome).toBe('Completed');
    expect(heard).toMatchObject({ lost: 0 });
    expect(invites.map((invite) => /^c=IN (IP.)/m.exec(invite)?.[1])).toEqual(families);
    expect(left).toEqual(nothingLeft);
  });
});
