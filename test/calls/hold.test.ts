import { describe, expect, it } from 'vitest';
import { newRtpHeader, readRtpHeader } from '../../src/telephony/rtp/packet.ts';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { callWorld, nothingLeft } from '../support/call-world.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { RawPeer } from '../support/raw-peer.ts';

const SERVER = { address: '10.0.0.1', port: 5060 };
const PHONE = '10.0.0.2';
const CONTACT = `<sip:phone@${PHONE}:5060>`;

/** The phone's description; a version of its own each time, as a phone that changes something must. */
let version = 1;
function phoneSdp(direction: string, { port = 30_000, address = PHONE, formats = '0 101' } = {}): string {
  version += 1;
  const lines = ['v=0', `o=- 9 ${version} IN IP4 ${PHONE}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} RTP/AVP ${formats}`];
  return [...lines, 'a=rtpmap:101 telephone-event/8000', `a=${direction}`, ''].join('\r\n');
}

const talk = flowOf({ say: ['SayNode', { WhatToSay: 'x'.repeat(1000), Done: to('bye') }], bye: ['HangUpNode'] });

/** A call that is up, to a phone of which a test says every word. It listens on the ports 30000 and 30002. */
async function inCall(answer = phoneSdp('sendrecv'), { flow = talk, toChanges = answer } = {}) {
  const world = callWorld({ flow, phoneIsThere: false });
  const wire = world.network.wire('udp', { address: PHONE, port: 5060 });
  const phone = new RawPeer(wire);
  /** Payload types of what came, by port. */
  const heard = new Map<number, number[]>();
  const sockets = [30_000, 30_002].map((port) => {
    const types: number[] = [];
    heard.set(port, types);
    const socket = world.network.datagramSocket({ address: PHONE, port });
    const header = newRtpHeader();
    socket.onReceive((bytes) => {
      if (readRtpHeader(bytes, header)) types.push(header.payloadType);
    });
    return socket;
  });
  let invite: SipRequest | undefined;
  phone.onMessage = (message, from) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    if (message.method === 'INVITE') {
      const sdp = invite === undefined ? answer : toChanges;
      invite ??= message;
      phone.reply(message, 200, from, { tag: 'phone', sdp, headers: [['Contact', CONTACT]] });
    } else phone.reply(message, 200, from);
  };
  const session = await world.call();
  await world.clock.advance(100);
  let cSeq = 0;
  const send = (method: string, number: number, sdp: string | undefined): void => {
    const lines = [
      `${method} sip:ringflow@10.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${PHONE}:5060;branch=z9hG4bK${method}${number}`,
      'Max-Forwards: 70',
      `From: ${invite?.headers.first('To')};tag=phone`,
      `To: ${invite?.headers.first('From')}`,
      `Call-ID: ${invite?.headers.first('Call-ID')}`,
      `CSeq: ${number} ${method}`,
      `Contact: ${CONTACT}`,
      ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    ];
    phone.send(`${lines.join('\n')}\n\n${sdp ?? ''}`, SERVER);
  };
  /** Sends a re-INVITE (or UPDATE) and the ACK; answers the status and the SDP of the response. */
  const change = async (sdp: string | undefined, { method = 'INVITE', ackSdp }: { method?: string; ackSdp?: string } = {}) => {
    cSeq += 1;
    send(method, cSeq, sdp);
    await world.clock.advance(2);
    const response = phone.received.at(-1);
    if (response?.kind !== 'response') throw new Error('No response came');
    if (method === 'INVITE') send('ACK', cSeq, ackSdp);
    await world.clock.advance(2);
    return { status: response.status, sdp: Buffer.from(response.body).toString() };
  };
  /** How many packets came to a port in a second, by payload type. */
  const aSecondAt = async (port: number): Promise<Record<number, number>> => {
    const types = heard.get(port) ?? [];
    const before = types.length;
    await world.clock.advance(1000);
    const counts: Record<number, number> = {};
    for (const type of types.slice(before)) counts[type] = (counts[type] ?? 0) + 1;
    return counts;
  };
  const finish = async () => {
    expect(await world.over(session)).toBe(true);
    for (const socket of sockets) socket.close();
    await world.clock.advance(60_000);
    await wire.close();
    expect(await world.finish()).toEqual(nothingLeft);
  };
  return { world, session, phone, change, aSecondAt, finish };
}

/** What a description says of the audio, and its version. */
function saysOf(sdp: string): string {
  const [, sessionVersion] = /^o=- \d+ (\d+) /m.exec(sdp) ?? [];
  return `${sessionVersion} ${/^m=audio \d+ RTP\/AVP (.*)\r$/m.exec(sdp)?.[1]} ${/^a=(sendrecv|sendonly|recvonly|inactive)\r$/m.exec(sdp)?.[1]}`;
}

describe('a phone that holds the call', () => {
  it.each([
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
  ])('with %s gets %s and hears nothing until it resumes; the prompt goes on meanwhile', async (held, answered) => {
    const { session, change, aSecondAt, finish } = await inCall();
    expect(await aSecondAt(30_000)).toEqual({ 0: 50 });
    const hold = await change(phoneSdp(held));
    expect(hold.status).toBe(200);
    expect(saysOf(hold.sdp)).toBe(`2 0 101 ${answered}`);
    expect(await aSecondAt(30_000)).toEqual({});
    const resumed = await change(phoneSdp('sendrecv'));
    expect(saysOf(resumed.sdp)).toBe('3 0 101 sendrecv');
    expect(await aSecondAt(30_000)).toEqual({ 0: 50 });
    await finish();
    expect(session.outcome).toBe('Completed');
    // The prompt of 20 s, and what it takes to be heard to its end.
    expect(Math.round(((session.endedAtMs ?? 0) - (session.answeredAtMs ?? 0)) / 100)).toBe(201);
  });

  it('with the address 0.0.0.0, as of old, hears nothing until it resumes', async () => {
    const { change, aSecondAt, finish } = await inCall();
    const hold = await change(phoneSdp('sendrecv', { address: '0.0.0.0' }));
    expect(saysOf(hold.sdp)).toBe('2 0 101 recvonly');
    expect(await aSecondAt(30_000)).toEqual({});
    await change(phoneSdp('sendrecv'));
    expect(await aSecondAt(30_000)).toEqual({ 0: 50 });
    await finish();
  });

  it('may do so in an UPDATE', async () => {
    const { change, aSecondAt, finish } = await inCall();
    expect(saysOf((await change(phoneSdp('inactive'), { method: 'UPDATE' })).sdp)).toBe('2 0 101 inactive');
    expect(await aSecondAt(30_000)).toEqual({});
    await finish();
  });

  it('may hang up while it holds', async () => {
    const { change, session, finish } = await inCall();
    await change(phoneSdp('sendonly'));
    expect((await change(undefined, { method: 'BYE' })).status).toBe(200);
    await finish();
    expect(session.outcome).toBe('CalleeHungUp');
  });
});

describe('a phone that changes the session', () => {
  it('is sent to where it moves, with the codec that it names', async () => {
    const { change, aSecondAt, finish } = await inCall();
    const moved = await change(phoneSdp('sendrecv', { port: 30_002, formats: '8 101' }));
    expect(saysOf(moved.sdp)).toBe('2 8 101 sendrecv');
    expect(await aSecondAt(30_002)).toEqual({ 8: 50 });
    expect(await aSecondAt(30_000)).toEqual({});
    await finish();
  });

  it('gets 488 for an offer without a codec of ours, and the call goes on as it was', async () => {
    const { change, aSecondAt, finish } = await inCall();
    expect((await change(phoneSdp('sendonly', { port: 30_002, formats: '18' }))).status).toBe(488);
    expect((await change('nonsense')).status).toBe(488);
    expect(await aSecondAt(30_000)).toEqual({ 0: 50 });
    await finish();
  });

  it('gets the same answer, of the same version, to the same offer', async () => {
    const { change, finish } = await inCall();
    const first = await change(phoneSdp('sendrecv'));
    const again = await change(phoneSdp('sendrecv'));
    expect(again).toEqual(first);
    await finish();
  });

  it('may ask for our offer, which ends a hold, and answer it in the ACK', async () => {
    const { change, aSecondAt, finish } = await inCall();
    await change(phoneSdp('sendonly'));
    const asked = await change(undefined, { ackSdp: phoneSdp('sendrecv', { port: 30_002, formats: '8' }) });
    expect(saysOf(asked.sdp)).toMatch(/^3 0 8 [ 0-9]*101 sendrecv$/);
    expect(await aSecondAt(30_002)).toEqual({ 8: 50 });
    await finish();
  });

  it('ends the call with an answer that has no audio for us', async () => {
    const { change, session, phone, finish } = await inCall();
    await change(undefined, { ackSdp: phoneSdp('sendrecv', { formats: '18' }) });
    await finish();
    expect(phone.names).toContain('BYE');
    expect(session).toMatchObject({ outcome: 'Failed', sipCause: 488 });
  });

  it('leaves its new state for whoever goes on with the call', async () => {
    const { change, session, finish } = await inCall();
    const hold = phoneSdp('sendonly');
    const { sdp } = await change(hold);
    const { leg } = JSON.parse(JSON.stringify(session.state));
    expect(leg.dialog).toMatchObject({ remoteCSeq: 1, invite: { cSeq: 1, acked: true }, localSdp: sdp, remoteSdp: hold });
    expect(leg.media.direction).toBe('recvonly');
    await finish();
  });
});

it('a phone that answers our hold with no audio for us ends the call', async () => {
  const holds = flowOf({ hold: ['HoldNode', { Done: to('say') }], say: ['SayNode', { WhatToSay: 'x'.repeat(1000) }] });
  const { session, phone, finish } = await inCall(undefined, { flow: holds, toChanges: phoneSdp('sendrecv', { formats: '18' }) });
  await finish();
  expect(phone.names.slice(0, 5)).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE']);
  expect(session).toMatchObject({ outcome: 'Failed', sipCause: 488 });
});

it('a phone that names another codec and port in its answers to our hold and its end is sent to there, in that', async () => {
  const holds = flowOf({
    hold: ['HoldNode', { Done: to('listen') }],
    listen: ['WaitNode', { Timeout: 2, Done: to('resume') }],
    resume: ['ResumeNode', { Done: to('say') }],
    say: ['SayNode', { WhatToSay: 'x'.repeat(1000) }],
  });
  const moved = phoneSdp('sendrecv', { port: 30_002, formats: '8 101' });
  const { world, phone, session, aSecondAt, finish } = await inCall(undefined, { flow: holds, toChanges: moved });
  expect(await aSecondAt(30_000)).toEqual({});
  await world.clock.advance(2000);
  expect(phone.names).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK']);
  expect(await aSecondAt(30_002)).toEqual({ 8: 50 });
  expect(await aSecondAt(30_000)).toEqual({});
  expect(JSON.parse(JSON.stringify(session.state)).leg.media).toMatchObject({ codec: 'PCMA', remote: { address: PHONE, port: 30_002 } });
  await finish();
});

it('a hold that the phone neither takes nor refuses is taken back when it ends, so that the call goes on at once', async () => {
  const holds = flowOf({
    wait: ['WaitNode', { Timeout: 1, Done: to('hold') }],
    hold: ['HoldNode', { Done: to('listen') }],
    listen: ['WaitNode', { Timeout: 2, Done: to('resume') }],
    resume: ['ResumeNode', { Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: 'Resumed' }],
  });
  const { world, session, phone, finish } = await inCall(undefined, { flow: holds });
  let changes = 0;
  phone.onMessage = (message, from) => {
    if (message.kind !== 'request' || message.method === 'ACK') return;
    if (message.method === 'INVITE') {
      changes += 1;
      if (changes === 1) phone.reply(message, 100, from);
      else phone.reply(message, 200, from, { sdp: phoneSdp('sendrecv'), headers: [['Contact', CONTACT]] });
      return;
    }
    phone.reply(message, 200, from);
    if (message.method === 'CANCEL') phone.reply(phone.last('INVITE'), 487, from);
  };
  const beganMs = world.clock.now();
  await finish();
  expect(phone.names).toEqual(['INVITE', 'ACK', 'INVITE', 'CANCEL', 'ACK', 'INVITE', 'ACK', 'BYE']);
  expect(session.outcome).toBe('Resumed');
  expect((session.endedAtMs ?? 0) - beganMs).toBeLessThan(4000);
});
