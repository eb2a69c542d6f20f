import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { offerAt } from '../support/raw-caller.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { ringing } from '../support/ringing-phones.ts';

const A = '10.0.1.1';
const B = '10.0.1.2';

describe('the phones of a user', () => {
  it('ring at once, where they registered from; the first that answers has the call and the other stops', async () => {
    const { invites, phone, told, state, reply, finish } = await ringing([A, B]);
    expect(invites().map(({ uri }) => uri)).toEqual(['sip:bob@192.168.1.2:5999', 'sip:bob@192.168.1.2:5999']);
    expect(invites()[0]?.headers.first('From')).toMatch(/^<sip:alice%20smith@10\.0\.0\.1>;tag=/);
    await reply(0, 180);
    await reply(1, 180);
    await reply(1, 200);
    expect(phone(0).peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(phone(0).peer.last('CANCEL').headers.first('Reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
    expect(phone(1).peer.names).toEqual(['INVITE', 'ACK']);
    expect(told).toEqual(['sent', '180', '180', 'answered']);
    await state.call?.hangup();
    expect(told.at(-1)).toBe('ended we-hung-up');
    await finish();
  });

  it('are offered every codec that we have, Opus last', async () => {
    const { invites, placed, finish } = await ringing([A]);
    const offer = Buffer.from(invites()[0]?.body ?? []).toString();
    const [, types = ''] = /^m=audio \d+ RTP\/AVP ([ 0-9]+)\r$/m.exec(offer) ?? [];
    const names = types.split(' ').map((type) => new RegExp(`^a=rtpmap:${type} ([^/\r]+)`, 'm').exec(offer)?.[1]);
    expect([...new Set(names)]).toEqual(['PCMU', 'PCMA', 'G722', 'opus', 'telephone-event']);
    void placed.end();
    await finish();
  });

  it('are asked over UDP, however large the request: over TCP nobody or somebody else is where they registered from', async () => {
    const strangers: RawPeer[] = [];
    const long = `;x=${'y'.repeat(1300)}`;
    const { world, phone, told, state, finish } = await ringing([A], { contact: `sip:bob@192.168.1.2:5999${long}` }, strangers);
    const { peer } = phone(0);
    expect(peer.names).toEqual(['INVITE']);
    const contact = ['Contact', `<sip:bob@${A}:5062${long}>`] as const;
    peer.reply(peer.last('INVITE'), 200, { address: '10.0.0.1', port: 5060 }, { tag: A, headers: [contact], sdp: offerAt(A) });
    await world.clock.advance(5);
    expect(told).toEqual(['sent', 'answered']);
    const over = state.call?.hangup();
    await world.clock.advance(5);
    await over;
    expect(peer.names).toEqual(['INVITE', 'ACK', 'BYE']);
    expect(strangers.map(({ names }) => names)).toEqual([[]]);
    await finish();
  });

  it('that answer both: the second is hung up', async () => {
    const { phone, told, reply, placed, finish } = await ringing([A, B]);
    await reply(0, 180);
    await reply(1, 180);
    // Its answer crosses our CANCEL.
    phone(1).peer.onMessage = (message, from) => {
      if (message.kind === 'request' && message.method === 'BYE') phone(1).peer.reply(message, 200, from);
    };
    await reply(0, 200);
    await reply(1, 200);
    expect(phone(1).peer.names).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    expect(phone(0).peer.names).toEqual(['INVITE', 'ACK']);
    expect(told).toEqual(['sent', '180', '180', 'answered']);
    await placed.end();
    await finish();
  });

  it('of which one declines for everybody as another answers: the call goes on', async () => {
    const { phone, told, state, reply, finish } = await ringing([A, B]);
    await reply(0, 180);
    await reply(1, 180);
    // Its refusal crosses our CANCEL.
    phone(1).peer.onMessage = () => {};
    await reply(0, 200);
    await reply(1, 603);
    expect(phone(1).peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect([told, state.end]).toEqual([['sent', '180', '180', 'answered'], undefined]);
    await state.call?.hangup();
    expect(told.at(-1)).toBe('ended we-hung-up');
    await finish();
  });

  it.each([
    [[486, 480], 'ended busy 486'],
    [[480, 486], 'ended busy 486'],
    [[480, 480], 'ended no-answer 480'],
    [[404, 503], 'ended number-not-found 404'],
  ])('that all refuse with %o: the call has the best reason', async (statuses, end) => {
    const { told, reply, finish } = await ringing([A, B]);
    for (const [at, status] of statuses.entries()) await reply(at, status);
    expect(told.at(-1)).toBe(end);
    await finish();
  });

  it('of which one refuses go on ringing, unless it refuses for all', async () => {
    const { phone, told, reply, finish } = await ringing([A, B]);
    await reply(1, 180);
    await reply(0, 486);
    expect(told).toEqual(['sent', '180']);
    await reply(1, 603);
    expect(told.at(-1)).toBe('ended rejected 603');
    expect(phone(1).peer.names).toEqual(['INVITE', 'ACK']);
    await finish();

    const other = await ringing([A, B]);
    await other.reply(1, 180);
    await other.reply(0, 603);
    expect(other.phone(1).peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    expect(other.told.at(-1)).toBe('ended rejected 603');
    await other.finish();
  });

  it('stop ringing when nobody answers in time, and when the caller gives up', async () => {
    const { world, phone, told, reply, finish } = await ringing([A, B]);
    await reply(0, 180);
    await reply(1, 180);
    await world.clock.advance(20_000);
    expect(phone(0).peer.names).toContain('CANCEL');
    expect(phone(0).peer.last('CANCEL').headers.first('Reason')).toBeUndefined();
    expect(phone(1).peer.names).toContain('CANCEL');
    expect(told.at(-1)).toBe('ended no-answer 487');
    await finish();

    const other = await ringing([A, B]);
    await other.reply(0, 180);
    void other.placed.end();
    await other.world.clock.advance(50_000);
    expect(other.told.at(-1)).toBe('ended cancelled 487');
    expect(other.phone(0).peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    await other.finish();
  });

  it('are reached by way of the proxies that they registered through', async () => {
    const { invites, placed, finish } = await ringing([A], { path: ['<sip:edge.example;lr>', '<sip:core.example;lr>'] });
    expect(invites()[0]?.headers.all('Route')).toEqual(['<sip:edge.example;lr>', '<sip:core.example;lr>']);
    void placed.end();
    await finish();
  });

  it('are called without the headers that their contact wants in the request: a Request-URI has none (RFC 3261 section 19.1.1)', async () => {
    const { invites, placed, finish } = await ringing([A], { contact: 'sip:b?b@192.168.1.2:5999;line=1?Route=%3Csip:sip.example.com%3E' });
    expect(invites().map(({ uri, headers }) => [uri, headers.first('Route')])).toEqual([['sip:b?b@192.168.1.2:5999;line=1', undefined]]);
    void placed.end();
    await finish();
  });

  it('that nobody has registered do not ring', async () => {
    const { told, finish } = await ringing([]);
    expect(told).toEqual(['ended unreachable 480']);
    await finish();
  });
});

describe('phones that have nothing but SRTP', () => {
  const withKey = (address: string): string =>
    `${offerAt(address).replace('RTP/AVP', 'RTP/SAVP')}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${'A'.repeat(40)}\r\n`;
  const bodyOf = ({ body }: SipRequest): string => Buffer.from(body).toString();

  it('and refuse RTP/AVP with keys ring again with RTP/SAVP, while the others ring on; the call stays RTP/SAVP', async () => {
    const { world, invites, phone, told, state, reply, finish } = await ringing([A, B], {}, [], 'optional');
    expect(invites().map((invite) => bodyOf(invite).includes('RTP/AVP'))).toEqual([true, true]);
    await reply(1, 180);
    await reply(0, 488);
    expect(phone(0).peer.names).toEqual(['INVITE', 'ACK', 'INVITE']);
    expect(phone(1).peer.names).toEqual(['INVITE']);
    expect(bodyOf(phone(0).peer.last('INVITE'))).toContain('RTP/SAVP');
    await reply(0, 180);
    await reply(0, 200, withKey);
    expect(told).toEqual(['sent', '180', '180', 'answered']);
    expect(phone(1).peer.names).toEqual(['INVITE', 'CANCEL', 'ACK']);
    void state.call?.hold(true, new AbortController().signal).catch(() => undefined);
    await world.clock.advance(5);
    expect(bodyOf(phone(0).peer.last('INVITE'))).toMatch(/RTP\/SAVP[\s\S]*a=sendonly/);
    await reply(0, 200, withKey);
    await state.call?.hangup();
    await finish();
  });

  it('do not take the others along: who answers RTP/AVP in clear has the call', async () => {
    const { phone, told, state, reply, finish } = await ringing([A, B], {}, [], 'optional');
    await reply(0, 488);
    await reply(1, 200);
    expect(told).toEqual(['sent', 'answered']);
    await reply(0, 180);
    expect(phone(0).peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'CANCEL', 'ACK']);
    await state.call?.hangup();
    await finish();
  });

  it('have no call in clear: an answer without a key to RTP/SAVP is hung up', async () => {
    const { phone, told, reply, finish } = await ringing([A], {}, [], 'optional');
    await reply(0, 488);
    await reply(0, 200);
    expect(told).toEqual(['sent', 'ended failed 488']);
    expect(phone(0).peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE']);
    await finish();
  });

  it('are not called twice when they have rung, nor a third time', async () => {
    const rang = await ringing([A], {}, [], 'optional');
    await rang.reply(0, 180);
    await rang.reply(0, 488);
    expect(rang.phone(0).peer.names).toEqual(['INVITE', 'ACK']);
    expect(rang.told.at(-1)).toBe('ended failed 488');
    await rang.finish();
    const refuses = await ringing([A], {}, [], 'optional');
    await refuses.reply(0, 488);
    await refuses.reply(0, 488);
    expect(refuses.phone(0).peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK']);
    expect(refuses.told).toEqual(['sent', 'ended failed 488']);
    await refuses.finish();
  });

  it('are not called again where no keys are offered', async () => {
    const { phone, told, reply, finish } = await ringing([A]);
    await reply(0, 488);
    expect(phone(0).peer.names).toEqual(['INVITE', 'ACK']);
    expect(told.at(-1)).toBe('ended failed 488');
    await finish();
  });

  it('are cancelled when the call is given up as they ring again', async () => {
    const { phone, told, placed, reply, finish } = await ringing([A], {}, [], 'optional');
    await reply(0, 488);
    await reply(0, 180);
    void placed.end();
    await finish();
    expect(phone(0).peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'CANCEL', 'ACK']);
    expect(told.at(-1)).toBe('ended cancelled 487');
  });
});
