import { describe, expect, it } from 'vitest';
import type { Trunk } from '../../src/directory/trunks.ts';
import { HeaderList } from '../../src/telephony/sip/header-list.ts';
import { callWorld, manager, nothingLeft, numberToDial, PHONE } from '../support/call-world.ts';
import { flowOf } from '../support/flow-builder.ts';

const flow = flowOf({ bye: ['HangUpNode'] });

/** The INVITE of a call through a trunk with these members, and what is left after the call. */
async function inviteOf(trunk: Partial<Trunk>, sipHeaders?: Readonly<Record<string, string>>) {
  const invites: string[] = [];
  const world = callWorld({
    flow,
    trunk,
    filter: (bytes, _from, { address }) => {
      const text = Buffer.from(bytes).toString();
      if (address === PHONE && text.startsWith('INVITE')) invites.push(text);
      return 'pass';
    },
  });
  const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, ...(sipHeaders && { sipHeaders }) });
  const session = world.sessions.get(id ?? '');
  expect(session && (await world.over(session))).toBe(true);
  expect(session?.outcome).toBe('Completed');
  expect(await world.finish()).toEqual(nothingLeft);
  const [head = '', body = ''] = (invites[0] ?? '').split('\r\n\r\n');
  const [start = '', ...lines] = head.split('\r\n');
  const headers = new HeaderList(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const));
  return { start, headers, body, text: head };
}

describe('an INVITE through a trunk', () => {
  it('has numbers in E.164 and nothing about the caller but From, if the trunk does not say otherwise', async () => {
    const { start, headers } = await inviteOf({});
    expect(start).toBe('INVITE sip:+18144043093@10.0.0.2 SIP/2.0');
    expect(headers.first('From')).toMatch(/^<sip:\+18144043000@10\.0\.0\.2>;tag=/);
    expect(headers.first('To')).toBe('<sip:+18144043093@10.0.0.2>');
    for (const name of ['P-Asserted-Identity', 'P-Preferred-Identity', 'Privacy']) expect(headers.first(name)).toBeUndefined();
  });

  it('has numbers, domain and identity as the trunk wants them', async () => {
    const { start, headers } = await inviteOf({
      domain: 'carrier.example',
      calledFormat: { style: 'National', countryCode: '1', nationalPrefix: '1', addPrefix: '7*' },
      callerFormat: { style: 'E164WithoutPlus' },
      identity: 'asserted',
    });
    expect(start).toBe('INVITE sip:7*18144043093@carrier.example SIP/2.0');
    expect(headers.first('To')).toBe('<sip:7*18144043093@carrier.example>');
    expect(headers.first('From')).toMatch(/^<sip:18144043000@carrier\.example>;tag=/);
    expect(headers.first('P-Asserted-Identity')).toBe('<sip:18144043000@carrier.example>');
  });

  it('hides the caller in From and Contact when the trunk wants that', async () => {
    const { headers, text } = await inviteOf({ isCallerAnonymous: true });
    expect(headers.first('From')).toMatch(/^<sip:anonymous@anonymous\.invalid>;tag=/);
    expect(headers.first('Privacy')).toBe('id');
    expect(text).not.toContain('18144043000');
  });

  it('has the headers of the trunk, and those of the call in the place of them', async () => {
    const trunk = { sipHeaders: { 'X-Tenant': 'blue', 'X-Campaign': 'none', Subject: 'Calls' } };
    const { headers } = await inviteOf(trunk, { 'x-campaign': 'spring' });
    expect(headers.all('X-Tenant')).toEqual(['blue']);
    expect(headers.all('X-Campaign')).toEqual(['spring']);
    expect(headers.all('Subject')).toEqual(['Calls']);
  });

  it('offers the codecs of the trunk, in its order', async () => {
    expect((await inviteOf({ codecs: ['PCMA', 'PCMU'] })).body).toMatch(/m=audio \d+ RTP\/AVP 8 0 101\r\n/);
  });
});
