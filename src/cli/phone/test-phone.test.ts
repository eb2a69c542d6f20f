import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../kernel/log.ts';
import { seededRandom } from '../../kernel/random.ts';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import type { Prompt } from '../../telephony/audio/prompt.ts';
import { LocalMedia } from '../../telephony/media/local-media.ts';
import type { MediaStream } from '../../telephony/media/media-port.ts';
import { readAnswer, writeOffer } from '../../telephony/sdp/negotiate.ts';
import type { Dialog } from '../../telephony/sip/dialog.ts';
import type { InviteFailure } from '../../telephony/sip/outgoing-invite.ts';
import { UserAgent } from '../../telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../wire/memory-network.ts';
import type { TimedPhoneEvent } from './phone-event.ts';
import { type PhoneBehaviour, TestPhone } from './test-phone.ts';

const phoneAt = { address: '10.0.0.2', port: 5060 };
const never = new AbortController().signal;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ringflow-phone-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** A loud tone of so many ms. */
function tone(durationMs: number): Prompt {
  const pcmu = new SharedArrayBuffer(durationMs * 8);
  new Uint8Array(pcmu).forEach((_none, index, samples) => {
    samples[index] = index % 2 === 0 ? 0x90 : 0x10;
  });
  return { id: 'tone', durationMs, pcmu, pcma: pcmu };
}

/** A disk that is busy with something else. */
const DISK_LIMIT_MS = 10_000;

/** A caller and a phone with this behaviour, on a network in memory. */
function setUp(behaviour: Partial<PhoneBehaviour>, tcp = false) {
  const clock = new VirtualClock();
  const random = seededRandom(7);
  const network = new MemoryNetwork(clock, random, { delayMs: { min: 1, max: 1 } });
  const media = (host: string): LocalMedia =>
    new LocalMedia({
      clock,
      random,
      host,
      portRange: { first: 20_000, last: 20_019 },
      openSocket: (local) => network.datagramSocket(local),
      maxStreams: 5,
    });
  const events: TimedPhoneEvent[] = [];
  const phone = new TestPhone({
    wires: [network.wire('udp', phoneAt), network.wire('tcp', phoneAt)],
    media: media(phoneAt.address),
    clock,
    random,
    behaviour: { answerAfterMs: 0, ring: false, digitsAfterMs: 1000, ...behaviour },
    onEvent: (event) => events.push(event),
  });
  const caller = { address: '10.0.0.1', port: 5060 };
  const userAgent = new UserAgent({
    wires: [network.wire('udp', caller), network.wire('tcp', caller)],
    clock,
    random,
    log: silentLogger,
    product: 'caller',
  });
  const callerMedia = media(caller.address);
  const outcome: { dialog?: Dialog; stream?: MediaStream; failed?: InviteFailure; provisional: number[] } = { provisional: [] };

  const dial = async (credentials?: { userName: string; password: string }) => {
    const stream = await callerMedia.open();
    const offer = { ...stream.local, sessionId: '1', version: 1, codecs: ['PCMU'] as const, telephoneEvent: 101 };
    return userAgent.invite(
      {
        to: { ...phoneAt, transport: tcp ? 'tcp' : 'udp' },
        requestUri: 'sip:+18144043093@10.0.0.2',
        from: 'sip:+18144043000@10.0.0.1',
        toUri: 'sip:+18144043093@10.0.0.2',
        offer: writeOffer(offer),
        ...(credentials && { credentials }),
      },
      {
        sent: () => {},
        provisional: (status) => outcome.provisional.push(status),
        answered: (dialog, sdp) => {
          stream.start(readAnswer(offer, sdp ?? ''));
          outcome.dialog = dialog;
          outcome.stream = stream;
        },
        failed: (failure) => {
          outcome.failed = failure;
        },
      },
    );
  };
  /** Moves on until an event of this kind came, giving the disk its time. */
  const until = async (kind: TimedPhoneEvent['event'], count = 1): Promise<void> => {
    const missing = (): boolean => kinds().filter((event) => event === kind).length < count;
    for (let turn = 0; turn < 2000 && missing(); turn += 1) await clock.advance(20);
    const deadlineMs = performance.now() + DISK_LIMIT_MS;
    while (missing() && performance.now() < deadlineMs) await new Promise<void>((resolve) => setImmediate(resolve));
    expect(kinds()).toContain(kind);
  };
  const kinds = (): string[] => events.map(({ event }) => event);
  const close = async (): Promise<void> => {
    await Promise.all([userAgent.close(), callerMedia.close(), phone.close()]);
    // What was on its way when the ports closed is a timer of the network.
    await clock.advance(10);
    expect(network.openPorts).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  };
  return { clock, events, kinds, until, dial, outcome, phone, network, close };
}

describe('the test phone', () => {
  it.each([
    ['UDP', false],
    ['TCP', true],
  ])('answers over %s, presses digits and records what it hears', async (_name, tcp) => {
    const record = join(directory, 'heard.wav');
    const { clock, events, kinds, until, dial, outcome, close } = setUp({ answerAfterMs: 300, ring: true, digits: '1w#', record }, tcp);
    await dial();
    await until('answered');
    expect(outcome.provisional).toContain(180);
    await clock.advance(100);
    const played = outcome.stream?.play(tone(1500), { interruptible: false }, never);
    const collected = outcome.stream?.collect({ max: 2, terminators: '', firstMs: 5000, betweenMs: 5000 }, never);
    await clock.advance(3000);
    expect(await played).toBe('finished');
    expect(await collected).toEqual({ digits: '1#', why: 'complete' });
    const hungUp = outcome.dialog?.bye();
    await until('over');
    await hungUp;
    expect(kinds()).toEqual(['invite', 'ringing', 'answered', 'digit', 'digit', 'bye', 'first-audio', 'recording', 'over']);
    expect(events.find(({ event }) => event === 'bye')).toMatchObject({ by: 'peer' });
    const recording = events.find((event) => event.event === 'recording');
    expect(recording).toMatchObject({ file: record });
    expect(recording?.soundMs).toBeGreaterThanOrEqual(1480);
    expect(recording?.soundMs).toBeLessThanOrEqual(1540);
    expect(recording?.durationMs).toBeGreaterThan(3000);
    const times = events.map(({ atMs }) => atMs);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBe(300);
    await close();
  });

  it('hangs up by itself', async () => {
    const { events, until, dial, close } = setUp({ hangUpAfterMs: 2000 });
    await dial();
    await until('over');
    const at = (kind: string): number => events.find(({ event }) => event === kind)?.atMs ?? Number.NaN;
    expect(events.find(({ event }) => event === 'bye')).toMatchObject({ by: 'us' });
    expect(at('bye') - at('answered')).toBe(2000);
    await close();
  });

  it('refuses with the status it is told', async () => {
    const { kinds, until, dial, outcome, close } = setUp({ reject: 486, answerAfterMs: 50 });
    await dial();
    await until('over');
    expect(outcome.failed).toMatchObject({ why: 'response', status: 486 });
    expect(kinds()).toEqual(['invite', 'rejected', 'over']);
    await close();
  });

  it('stops ringing when the caller gives up', async () => {
    const { clock, kinds, until, dial, outcome, close } = setUp({ answerAfterMs: 60_000, ring: true });
    const invite = await dial();
    await until('ringing');
    invite.cancel();
    await until('over');
    await clock.advance(100);
    expect(outcome.failed).toMatchObject({ why: 'cancelled' });
    expect(kinds()).toEqual(['invite', 'ringing', 'cancelled', 'over']);
    await close();
  });

  it('lets in only who knows the password', async () => {
    const { kinds, until, dial, outcome, close } = setUp({ credentials: { userName: 'ann', password: 'secret' }, hangUpAfterMs: 10 });
    await dial({ userName: 'ann', password: 'wrong' });
    await until('challenged', 2);
    await dial({ userName: 'ann', password: 'secret' });
    await until('over');
    expect(kinds()).toEqual([
      'invite',
      'challenged',
      'invite',
      'challenged',
      'invite',
      'challenged',
      'invite',
      'answered',
      'bye',
      'first-audio',
      'over',
    ]);
    expect(outcome.failed).toMatchObject({ status: 401 });
    await close();
  });

  it('keeps a file for each call', async () => {
    const { clock, until, dial, close } = setUp({ record: join(directory, 'heard.wav'), hangUpAfterMs: 500 });
    await dial();
    await dial();
    await until('over', 2);
    await clock.advance(100);
    expect(readdirSync(directory).sort()).toEqual(['heard-2.wav', 'heard.wav']);
    await close();
  });

  it('counts a call once, however often it is challenged', async () => {
    const credentials = { userName: 'ann', password: 'secret' };
    const { events, until, dial, close } = setUp({ record: join(directory, 'heard.wav'), hangUpAfterMs: 500, credentials });
    await dial(credentials);
    await until('over');
    await dial(credentials);
    await until('over', 2);
    const answered = events.flatMap((event) => (event.event === 'answered' ? [event.call] : []));
    expect(answered).toEqual([1, 2]);
    expect(readdirSync(directory).sort()).toEqual(['heard-2.wav', 'heard.wav']);
    await close();
  });

  it('hangs up and finishes the recording when it is closed', async () => {
    const { clock, events, until, dial, phone, outcome, close } = setUp({ record: join(directory, 'heard.wav') });
    await dial();
    await until('answered');
    await clock.advance(500);
    const closed = phone.close();
    await until('over');
    await closed;
    expect(outcome.dialog?.ended).toBe(true);
    expect(events.find(({ event }) => event === 'recording')).toMatchObject({ soundMs: 0 });
    await close();
  });
});
