import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countingPrompt, MediaRig, type MediaRigOptions, TELEPHONE_EVENT } from '../../../test/support/media-rig.ts';
import { DtmfTone } from '../audio/dtmf-tones.ts';
import { encodeG711 } from '../audio/g711.ts';
import { LegMedia } from '../leg-media.ts';
import type { Offer } from '../sdp/negotiate.ts';
import { InbandDigits } from './inband-digits.ts';
import type { AgreedMedia, AudioCodec, CollectRules } from './media-port.ts';
import { audioCodecs } from './media-port.ts';

const never = new AbortController().signal;
const rules: CollectRules = { max: 20, terminators: '', firstMs: 5_000, betweenMs: 1_000 };
const payloadTypes: Readonly<Partial<Record<AudioCodec, number>>> = { PCMU: 0, PCMA: 8, G722: 9 };

/** Two streams that hear each other and have not agreed to telephone-events. */
async function twoStreams(options: MediaRigOptions = {}, changes: Partial<AgreedMedia> = {}) {
  const rig = new MediaRig(options);
  const [left, right] = [await rig.open(), await rig.open()];
  const agreed = { codec: 'PCMU', payloadType: 0, direction: 'sendrecv', ...changes } as const;
  left.start({ ...agreed, remote: right.local });
  right.start({ ...agreed, remote: left.local, inbandDigits: true });
  const finish = async () => {
    const report = await right.close();
    await rig.media.close();
    await rig.clock.advance(1000);
    expect([rig.clock.pendingTimers, rig.network.openPorts, rig.media.openStreams]).toEqual([0, 0, 0]);
    return report;
  };
  return { rig, left, right, finish };
}

describe('digits in the audio', () => {
  it.each(audioCodecs.filter((codec) => payloadTypes[codec] !== undefined))('are sent and heard, each once: %s', async (codec) => {
    const { rig, left, right, finish } = await twoStreams({}, { codec, payloadType: payloadTypes[codec] ?? 0 });
    const collected = right.collect(rules, never);
    const sent = left.sendDigits('0123456789*#ABCDw11', never);
    await rig.clock.advance(8_000);
    await sent;
    expect(await collected).toEqual({ digits: '0123456789*#ABCD11', why: 'timeout' });
    expect((await finish()).digits).toBe(18);
  });

  it('are heard once each over a network that loses, repeats and delays', async () => {
    const faults = { lossPercent: 3, duplicatePercent: 5, delayMs: { min: 20, max: 70 } };
    const { rig, left, right, finish } = await twoStreams({ faults });
    await rig.clock.advance(3_000);
    const collected = right.collect({ ...rules, max: 40 }, never);
    void left.sendDigits('1357924680'.repeat(3), never);
    await rig.clock.advance(12_000);
    expect((await collected).digits).toBe('1357924680'.repeat(3));
    await finish();
  });

  it('stop a prompt, and a recording that they end', async () => {
    const { rig, left, right, finish } = await twoStreams();
    const folder = await mkdtemp(join(tmpdir(), 'inband-'));
    const played = right.play(countingPrompt('long', 80_000), { interruptible: true }, never);
    const recorded = right.record({ path: join(folder, 'a.wav'), maxMs: 9_000, terminators: '#', silenceMs: 0, trimSilence: false }, never);
    void left.sendDigits('w5#', never);
    await rig.clock.advance(1_500);
    expect([await played, (await recorded).why]).toEqual(['barged', 'terminator']);
    await rm(folder, { recursive: true });
    await finish();
  });

  it('are not pressed longer by what is made up for a loss', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ inbandDigits: true });
    const collected = stream.collect(rules, never);
    await peer.speak(stream.local, 400);
    // 20 ms of a key are too short for one. What comes after it is lost.
    const [samples, payload] = [new Int16Array(160), new Uint8Array(160)];
    new DtmfTone(5).fill(samples, false);
    encodeG711('PCMU', samples, payload);
    peer.sendRaw(stream.local, 0, peer.sequence++, peer.timestamp, payload);
    peer.sequence += 5;
    peer.timestamp += 6 * 160;
    await rig.clock.advance(120);
    await peer.speak(stream.local, 400);
    expect((await stream.close()).digits).toBe(0);
    await expect(collected).rejects.toThrow();
  });

  it('that are down are released when the peer sends telephone-events, and when nobody looks for them any more', async () => {
    const changes: string[] = [];
    const digits = new InbandDigits(({ kind, digit }) => changes.push(`${digit} ${kind}`));
    const agreed = { remote: { address: '10.0.0.2', port: 4000 }, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' } as const;
    const press = (key: number): void => {
      const [tone, frame] = [new DtmfTone(key), new Int16Array(160)];
      for (let count = 0; count < 4; count++) {
        tone.fill(frame, false);
        digits.hear(frame, false);
      }
    };
    digits.agree({ ...agreed, inbandDigits: true });
    press(1);
    digits.agree(agreed);
    expect([changes.splice(0), digits.listens]).toEqual([['1 pressed', '1 released'], false]);
    digits.agree({ ...agreed, inbandDigits: true });
    press(2);
    digits.eventCame();
    expect([changes.splice(0), digits.listens]).toEqual([['2 pressed', '2 released'], false]);
    digits.agree({ ...agreed, inbandDigits: true });
    expect(digits.listens).toBe(false);
  });

  it('do not count any more once the peer sends telephone-events', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ inbandDigits: true });
    const collected = stream.collect(rules, never);
    await peer.speak(stream.local, 200);
    await peer.press(stream.local, '42');
    expect((await stream.close()).digits).toBe(2);
    await expect(collected).rejects.toThrow();
  });

  it('count once each when the peer sends them both ways', async () => {
    const rig = new MediaRig();
    const { stream, peer } = await rig.call({ inbandDigits: true });
    const collected = stream.collect(rules, never);
    await peer.speak(stream.local, 200);
    const [samples, payload] = [new Int16Array(160), new Uint8Array(160)];
    for (const key of [4, 2]) {
      const tone = new DtmfTone(key);
      const beganAt = peer.timestamp;
      for (let packet = 1; packet <= 5; packet++) {
        const event = Uint8Array.of(key, packet === 5 ? 0x8a : 0x0a, (packet * 160) >> 8, packet * 160);
        peer.sendRaw(stream.local, TELEPHONE_EVENT, peer.sequence++, beganAt, event);
        tone.fill(samples, packet === 5);
        encodeG711('PCMU', samples, payload);
        peer.sendRaw(stream.local, 0, peer.sequence++, peer.timestamp, payload);
        peer.timestamp += 160;
        await rig.clock.advance(20);
      }
      await peer.speak(stream.local, 200);
    }
    await rig.clock.advance(1_500);
    expect(await collected).toEqual({ digits: '42', why: 'timeout' });
    expect((await stream.close()).digits).toBe(2);
  });

  it('are not looked for when nobody asked, and nothing is decoded for them', async () => {
    const { left, right, rig, finish } = await twoStreams();
    right.start({ remote: left.local, codec: 'PCMU', payloadType: 0, direction: 'sendrecv' });
    void left.sendDigits('123', never);
    await rig.clock.advance(2_000);
    expect(await finish()).toMatchObject({ digits: 0 });
  });
});

describe('whether they are looked for', () => {
  const offer: Offer = { address: '10.0.0.1', port: 20_000, sessionId: '1', version: 1, codecs: ['PCMU'], telephoneEvent: 101 };
  const answer = (withEvents: boolean): string =>
    ['v=0', 'o=- 1 1 IN IP4 10.0.0.2', 's=-', 'c=IN IP4 10.0.0.2', 't=0 0', `m=audio 4000 RTP/AVP 0${withEvents ? ' 101' : ''}`]
      .concat(withEvents ? ['a=rtpmap:101 telephone-event/8000', ''] : [''])
      .join('\r\n');

  it.each([
    [undefined, true, false],
    [undefined, false, true],
    ['off', false, false],
    ['fallback', true, false],
    ['always', true, true],
    ['always', false, true],
  ] as const)('%s, telephone-event agreed: %s', async (policy, withEvents, expected) => {
    const rig = new MediaRig();
    const media = new LegMedia(await rig.open(), offer, policy && { inbandDigits: policy });
    expect(media.answered(answer(withEvents))).toBe(true);
    expect(media.agreed?.inbandDigits ?? false).toBe(expected);
    await rig.media.close();
  });
});
