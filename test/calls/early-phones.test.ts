import { describe, expect, it } from 'vitest';
import { beep } from '../../src/telephony/audio/tone.ts';
import { ringing } from '../support/ringing-phones.ts';

const A = '10.0.1.1';
const B = '10.0.1.2';
const US = { address: '10.0.0.1', port: 5060 };
const never = new AbortController().signal;

/** Two phones that ring, and how many packets of audio each of them got of a second of ours. */
async function twoPhones() {
  const made = await ringing([A, B]);
  const heard = { [A]: 0, [B]: 0 };
  const sockets = ([A, B] as const).map((address) => {
    const socket = made.world.network.datagramSocket({ address, port: 30_000 });
    socket.onReceive((bytes) => {
      if (((bytes[1] ?? 0) & 0x7f) < 64) heard[address] += 1;
    });
    return socket;
  });
  const aSecond = async (): Promise<readonly number[]> => {
    heard[A] = 0;
    heard[B] = 0;
    const call = made.state.call ?? made.state.early;
    void call?.play(beep(), { interruptible: false }, never).catch(() => undefined);
    await made.world.clock.advance(1000);
    return [heard[A], heard[B]].map((count) => Math.min(count, 1));
  };
  const finish = async (): Promise<void> => {
    void made.placed.end();
    await made.world.clock.advance(1000);
    for (const socket of sockets) socket.close();
    await made.finish();
  };
  return { ...made, aSecond, finish };
}

describe('early media of two phones at once', () => {
  it('is that of the first, whatever the second says, until one answers', async () => {
    const { told, reply, aSecond, finish } = await twoPhones();
    await reply(0, 183);
    await reply(1, 183);
    expect(told).toEqual(['sent', '183', 'early media', '183']);
    expect(await aSecond()).toEqual([1, 0]);
    await reply(1, 200);
    expect(told.at(-1)).toBe('answered');
    expect(await aSecond()).toEqual([0, 1]);
    await finish();
  });

  it('is that of the second when the first only rings', async () => {
    const { told, reply, aSecond, finish } = await twoPhones();
    await reply(0, 180);
    await reply(1, 183);
    await reply(0, 183);
    expect(told).toEqual(['sent', '180', '183', 'early media', '183']);
    expect(await aSecond()).toEqual([0, 1]);
    await finish();
  });

  it('that comes when another has answered says nothing', async () => {
    const { told, reply, aSecond, phone, finish } = await twoPhones();
    phone(1).peer.onMessage = (message, from) => {
      if (message.kind === 'request' && message.method === 'CANCEL') phone(1).peer.reply(message, 200, from);
    };
    await reply(1, 180);
    await reply(0, 200);
    await reply(1, 183);
    expect(told).toEqual(['sent', '180', 'answered']);
    expect(await aSecond()).toEqual([1, 0]);
    phone(1).peer.reply(phone(1).peer.last('INVITE'), 487, US, { tag: B });
    await finish();
  });
});

describe('a hold that a phone answers without audio', () => {
  it('ends the call with BYE: there is nothing left to talk with', async () => {
    const { world, phone, told, state, reply, finish } = await twoPhones();
    await reply(0, 200);
    const { peer } = phone(0);
    const refuse = peer.onMessage;
    peer.onMessage = (message, from) => {
      if (message.kind !== 'request' || message.method !== 'INVITE') return refuse(message, from);
      const sdp = ['v=0', `o=- 9 2 IN IP4 ${A}`, 's=-', `c=IN IP4 ${A}`, 't=0 0', 'm=audio 0 RTP/AVP 0', ''].join('\r\n');
      peer.reply(message, 200, from, { headers: [['Contact', `<sip:bob@${A}:5062>`]], sdp });
    };
    void state.call?.hold(true, never);
    await world.clock.advance(20);
    expect(peer.names).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'BYE']);
    expect(told.at(-1)).toBe('ended failed 488');
    await finish();
  });
});

describe('an INVITE with Replaces', () => {
  /** Of the phone at A: it names its call, as the early one or the one that is up. */
  function replacing(made: Awaited<ReturnType<typeof twoPhones>>, options: { earlyOnly?: boolean; formats?: string }) {
    const { peer } = made.phone(0);
    const { headers } = peer.last('INVITE');
    const fromTag = /tag=(.*)$/.exec(headers.first('From') ?? '')?.[1] ?? '';
    const early = options.earlyOnly ? ';early-only' : '';
    const sdp = ['v=0', `o=- 8 1 IN IP4 ${A}`, 's=-', `c=IN IP4 ${A}`, 't=0 0', `m=audio 31000 RTP/AVP ${options.formats ?? '0'}`, ''];
    const lines = [
      'INVITE sip:us@10.0.0.1 SIP/2.0',
      `Via: SIP/2.0/UDP ${A}:5062;branch=z9hG4bKreplacing;rport`,
      `From: <sip:bob@${A}>;tag=other`,
      'To: <sip:us@10.0.0.1>',
      'Call-ID: another',
      'CSeq: 1 INVITE',
      'Max-Forwards: 70',
      `Contact: <sip:bob@${A}:5062>`,
      `Replaces: ${headers.first('Call-ID')};to-tag=${fromTag};from-tag=${A}${early}`,
      'Content-Type: application/sdp',
    ];
    peer.send(`${lines.join('\n')}\n\n${sdp.join('\n')}`, US);
  }
  const statusesOf = (names: readonly string[]): readonly string[] => names.filter((name) => /^[2-6]\d\d INVITE/.test(name));

  it.each([true, false])('of a call that rings at its sender is refused, and the call rings on (early-only: %s)', async (earlyOnly) => {
    const made = await twoPhones();
    await made.reply(0, 180);
    replacing(made, { earlyOnly });
    await made.world.clock.advance(5);
    expect(statusesOf(made.phone(0).peer.names)).toEqual(['481 INVITE']);
    await made.reply(0, 200);
    expect(made.told).toEqual(['sent', '180', 'answered']);
    await made.finish();
  });

  it('without audio that we have is refused with 488, and the call goes on where it was', async () => {
    const made = await twoPhones();
    await made.reply(0, 200);
    replacing(made, { formats: '18' });
    await made.world.clock.advance(5);
    expect(statusesOf(made.phone(0).peer.names)).toEqual(['488 INVITE']);
    expect(await made.aSecond()).toEqual([1, 0]);
    expect(made.phone(0).peer.names).not.toContain('BYE');
    await made.finish();
  });
});
