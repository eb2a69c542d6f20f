import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { countingPrompt } from '../../../test/support/media-rig.ts';
import { type Logger, silentLogger } from '../../kernel/log.ts';
import { readWavHeader } from '../audio/wav.ts';
import { newRtpHeader, readRtpHeader, writeRtpHeader } from '../rtp/packet.ts';
import type { AgreedMedia, MediaPort } from './media-port.ts';
import { nothingSeen } from './media-report.ts';
import type { WorkerSettings } from './protocol.ts';
import { spawnWorker } from './spawn-worker.ts';
import { openMediaWorkers } from './worker-client.ts';

const HOST = '127.0.0.1';
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Workers on ports that differ from test file to test file, so that several may run on one machine. */
async function openWorkers(
  options: {
    count?: number;
    ports?: number;
    log?: Logger;
    spawned?: Worker[];
    spawn?: (settings: WorkerSettings, nth: number) => Worker;
  } = {},
): Promise<MediaPort> {
  const { count = 1, ports = 100, log = silentLogger, spawned = [], spawn = spawnWorker } = options;
  const first = 30_000 + (process.pid % 250) * 100;
  const media = await openMediaWorkers({
    count,
    host: HOST,
    portRange: { first, last: first + ports * 2 - 1 },
    log,
    spawn: (settings) => {
      const worker = spawn(settings, spawned.length);
      spawned.push(worker);
      return worker;
    },
  });
  closers.push(() => media.close());
  return media;
}

/** A thread that starts, and answers nothing that it is asked. */
function muteWorker(): Worker {
  const code =
    "const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => {}); parentPort.postMessage({ kind: 'ready' });";
  return new Worker(code, { eval: true });
}

/** A phone's RTP socket: tells the first byte of each payload that comes. */
async function openPhone(): Promise<{ socket: Socket; agreed: AgreedMedia; heard: number[]; hear: (count: number) => Promise<void> }> {
  const socket = createSocket('udp4');
  socket.bind({ address: HOST, port: 0 });
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const heard: number[] = [];
  socket.on('message', (bytes) => {
    const header = newRtpHeader();
    if (readRtpHeader(bytes, header)) heard.push(bytes[header.payloadStart] ?? -1);
  });
  return {
    socket,
    heard,
    agreed: {
      remote: { address: HOST, port: socket.address().port },
      codec: 'PCMU',
      payloadType: 0,
      telephoneEvent: 101,
      direction: 'sendrecv',
    },
    hear: async (count) => {
      while (heard.length < count) await once(socket, 'message');
    },
  };
}

function agreedWith(remote: AgreedMedia['remote']): AgreedMedia {
  return { remote, codec: 'PCMU', payloadType: 0, telephoneEvent: 101, direction: 'sendrecv' };
}

/** Sends a frame of this byte every 20 ms. */
function speak(socket: Socket, port: number, code: number): void {
  const packet = new Uint8Array(172).fill(code);
  let sequence = 0;
  const speaking = setInterval(() => {
    writeRtpHeader(packet, false, 0, ++sequence, sequence * 160, 7);
    socket.send(packet, port, HOST);
  }, 20);
  closers.push(() => clearInterval(speaking));
}

describe('openMediaWorkers', () => {
  it('plays to a phone: the first packet carries the prompt of the same turn', async () => {
    const media = await openWorkers();
    const phone = await openPhone();
    const stream = await media.open();
    expect(media.openStreams).toBe(1);
    stream.start(phone.agreed);
    await expect(stream.play(countingPrompt('p', 480), { interruptible: false }, never)).resolves.toBe('finished');
    await phone.hear(5);
    expect(phone.heard.slice(0, 5)).toEqual([0, 1, 2, 0xff, 0xff]);
    const report = await stream.close();
    expect(report).toMatchObject({ received: 0, lost: 0, digits: 0 });
    expect(report.sent).toBeGreaterThanOrEqual(5);
    expect(report.firstSentMs).toBeLessThan(100);
    expect(media.openStreams).toBe(0);
  });

  it('carries two calls that hear each other: digits, barge-in, recording', async () => {
    const media = await openWorkers({ count: 2 });
    const folder = await mkdtemp(join(tmpdir(), 'media-workers-'));
    closers.push(() => rm(folder, { recursive: true }));
    const [caller, callee] = [await media.open(), await media.open()];
    expect(caller.local.port % 2).toBe(0);
    caller.start(agreedWith(callee.local));
    callee.start(agreedWith(caller.local));
    const path = join(folder, 'heard.wav');
    const recorded = caller.record({ path, maxMs: 60_000, terminators: '#', silenceMs: 0, trimSilence: false }, never);
    const played = callee.play(countingPrompt('long', 160_000), { interruptible: true }, never);
    const collected = callee.collect({ max: 2, terminators: '', firstMs: 10_000, betweenMs: 10_000 }, never);
    await caller.sendDigits('w42', never);
    await expect(played).resolves.toBe('barged');
    await expect(collected).resolves.toEqual({ digits: '42', why: 'complete' });
    await callee.sendDigits('#', never);
    expect(await caller.silentMs()).toBeLessThan(1000);
    await expect(recorded).resolves.toMatchObject({ why: 'terminator', heard: true, path });
    expect(readWavHeader(await readFile(path)).frames).toBeGreaterThan(1_000);
    expect(await callee.close()).toMatchObject({ digits: 2, lost: 0 });
    caller.answered();
    const report = await caller.close();
    expect(report.received).toBeGreaterThan(5);
    expect(report.receivedEarly).toBe(report.received);
  });

  it('carries digits that are told beside the streams, both ways', async () => {
    const media = await openWorkers();
    const [one, two] = [await openPhone(), await openPhone()];
    const first = await media.open();
    const second = await media.open(first);
    first.start({ ...one.agreed, digitsBeside: true });
    second.start(two.agreed);
    const told = new Promise<string>((resolve) => {
      first.onDigitForPeer = resolve;
    });
    first.bridge(second);
    second.pressed('7');
    expect(await told).toBe('7');
    expect((await second.close()).digits).toBe(1);
    second.pressed('8');
    await first.close();
  });

  it.each(['one thread', 'two threads'])('bridges two streams of %s, both ways, until one is closed', async (threads) => {
    const media = await openWorkers({ count: 2 });
    const [one, two] = [await openPhone(), await openPhone()];
    const first = await media.open();
    const second = threads === 'one thread' ? await media.open(first) : await media.open();
    first.start(one.agreed);
    second.start(two.agreed);
    first.bridge(second);
    speak(one.socket, first.local.port, 42);
    speak(two.socket, second.local.port, 43);
    while (!two.heard.includes(42)) await two.hear(two.heard.length + 1);
    while (!one.heard.includes(43)) await one.hear(one.heard.length + 1);
    await second.close();
    await one.hear(one.heard.length + 3);
    expect(one.heard.at(-1)).toBe(0xff);
    expect(() => first.bridge(second)).toThrow();
    expect(() => first.bridge(first)).toThrow();
  });

  it('leaves a stream with its port when the thread of who is bridged with it dies', async () => {
    const spawned: Worker[] = [];
    const media = await openWorkers({ count: 2, spawned });
    const [one, two] = [await openPhone(), await openPhone()];
    const [first, second] = [await media.open(), await media.open()];
    first.start(one.agreed);
    second.start(two.agreed);
    first.bridge(second);
    speak(two.socket, second.local.port, 43);
    while (!one.heard.includes(43)) await one.hear(one.heard.length + 1);
    const lost = new Promise<void>((resolve) => second.onLost(resolve));
    await spawned[1]?.terminate();
    await lost;
    await one.hear(one.heard.length + 10);
    expect(one.heard.at(-1)).toBe(0xff);
    expect((await first.close()).sent).toBeGreaterThan(0);
  });

  it('opens a stream that is to be near another one in its thread, and elsewhere when there is no room', async () => {
    const media = await openWorkers({ count: 2, ports: 4 });
    const first = await media.open();
    const half = first.local.port < 30_004 + (process.pid % 250) * 100 ? 'lower' : 'upper';
    const others = [await media.open(first), await media.open(first), await media.open(first)];
    const ports = others.map(({ local }) => (local.port < 30_004 + (process.pid % 250) * 100 ? 'lower' : 'upper'));
    expect(ports[0]).toBe(half);
    expect(new Set(ports.slice(1))).toEqual(new Set([half === 'lower' ? 'upper' : 'lower']));
    await expect(media.open(first)).rejects.toMatchObject({ code: 'NO_CAPACITY' });
  });

  it('answers aborts at once, and rejects what waits when a stream is closed', async () => {
    const media = await openWorkers();
    const phone = await openPhone();
    const stream = await media.open();
    stream.start(phone.agreed);
    const controller = new AbortController();
    const aborted = stream.play(countingPrompt('long', 160_000), { interruptible: false }, controller.signal);
    await phone.hear(2);
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    const next = stream.play(countingPrompt('next', 160), { interruptible: false }, never);
    await expect(next).resolves.toBe('finished');
    const waiting = Promise.allSettled([
      stream.play(countingPrompt('long', 160_000), { interruptible: false }, never),
      stream.collect({ max: 1, terminators: '', firstMs: 60_000, betweenMs: 60_000 }, never),
      stream.sendDigits('1234567890', never),
    ]);
    const report = stream.close();
    expect(stream.close()).toBe(report);
    for (const outcome of await waiting) expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    expect((await report).sent).toBeGreaterThan(2);
    await expect(stream.play(countingPrompt('p', 160), { interruptible: false }, never)).rejects.toMatchObject({ name: 'AbortError' });
    await expect(stream.play(countingPrompt('p', 160), { interruptible: false }, controller.signal)).rejects.toMatchObject({});
  });

  it('passes errors on: what is no digit, a file that cannot be written', async () => {
    const media = await openWorkers();
    const phone = await openPhone();
    const stream = await media.open();
    stream.start(phone.agreed);
    await expect(stream.sendDigits('1x', never)).rejects.toThrow('Digits are');
    const rules = { path: '/proc/nowhere/x.wav', maxMs: 40, terminators: '', silenceMs: 0, trimSilence: false };
    await expect(stream.record(rules, never)).rejects.toThrow('ENOENT');
  });

  it('keeps what was recorded when it is aborted and when the stream is closed', async () => {
    const media = await openWorkers();
    const phone = await openPhone();
    const folder = await mkdtemp(join(tmpdir(), 'media-workers-'));
    closers.push(() => rm(folder, { recursive: true }));
    const stream = await media.open();
    stream.start(phone.agreed);
    const rules = { path: join(folder, 'x.wav'), maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false };
    const controller = new AbortController();
    const first = stream.record(rules, controller.signal);
    await phone.hear(3);
    controller.abort();
    await expect(first).resolves.toMatchObject({ why: 'aborted', path: rules.path });
    const second = stream.record(rules, never);
    await stream.close();
    await expect(second).resolves.toMatchObject({ why: 'aborted' });
  });

  it('records both sides of a call as often as it is asked, the last until the stream closes', async () => {
    const media = await openWorkers();
    const phone = await openPhone();
    const folder = await mkdtemp(join(tmpdir(), 'media-workers-'));
    closers.push(() => rm(folder, { recursive: true }));
    const stream = await media.open();
    stream.start(phone.agreed);
    const first = stream.recordCall(join(folder, 'first.wav'), 'mono');
    await expect(stream.recordCall(join(folder, 'x.wav'), 'mono')).rejects.toThrow('already');
    await stream.play(countingPrompt('p', 800), { interruptible: false }, never);
    stream.controlRecording('pause');
    await stream.play(countingPrompt('q', 8000), { interruptible: false }, never);
    stream.controlRecording('resume');
    await stream.play(countingPrompt('p', 800), { interruptible: false }, never);
    stream.controlRecording('stop');
    const { durationMs, bytes, path } = await first;
    expect(durationMs).toBeGreaterThanOrEqual(100);
    expect(durationMs).toBeLessThan(1000);
    expect((await readFile(path)).length).toBe(bytes);
    expect(Math.abs(bytes - 44 - durationMs * 16)).toBeLessThanOrEqual(8);
    const second = stream.recordCall(join(folder, 'second.wav'), 'stereo');
    await stream.play(countingPrompt('p', 800), { interruptible: false }, never);
    await stream.close();
    const kept = await second;
    expect(kept.durationMs).toBeGreaterThanOrEqual(80);
    const header = readWavHeader(await readFile(kept.path));
    expect(header.channels).toBe(2);
    expect(Math.abs(header.frames - kept.durationMs * 8)).toBeLessThanOrEqual(4);
  });

  it('refuses when the ports are used up, across all workers, and goes on when one is free', async () => {
    const media = await openWorkers({ count: 2, ports: 4 });
    const streams = await Promise.all(Array.from({ length: 4 }, () => media.open()));
    expect(new Set(streams.map((stream) => stream.local.port)).size).toBe(4);
    await expect(media.open()).rejects.toMatchObject({ code: 'NO_CAPACITY', status: 503 });
    await streams[0]?.close();
    const again = await media.open();
    expect(again.local.port).toBe(streams[0]?.local.port);
  });

  it('spreads streams over the workers', async () => {
    const media = await openWorkers({ count: 2, ports: 100 });
    const ports = (await Promise.all(Array.from({ length: 6 }, () => media.open()))).map((stream) => stream.local.port);
    const middle = 30_000 + (process.pid % 250) * 100 + 100;
    expect(ports.filter((port) => port < middle)).toHaveLength(3);
  });

  it('ends the streams of a worker that dies, says so, and starts it again', async () => {
    const spawned: Worker[] = [];
    const lines: unknown[] = [];
    const log: Logger = { ...silentLogger, error: (fields, message) => lines.push({ ...fields, message }) };
    const media = await openWorkers({ spawned, log });
    const phone = await openPhone();
    const stream = await media.open();
    stream.start(phone.agreed);
    const waits = Promise.allSettled([
      stream.play(countingPrompt('long', 160_000), { interruptible: false }, never),
      stream.record({ path: '/dev/null', maxMs: 60_000, terminators: '', silenceMs: 0, trimSilence: false }, never),
    ]);
    await phone.hear(2);
    await spawned[0]?.terminate();
    for (const outcome of await waits)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'The media worker has stopped' } });
    await expect(stream.collect({ max: 1, terminators: '', firstMs: 1, betweenMs: 1 }, never)).rejects.toThrow('has stopped');
    expect(await stream.close()).toEqual(nothingSeen);
    expect(lines).toMatchObject([
      { err: { message: 'The media worker has stopped' }, streams: 1, message: expect.stringContaining('died') },
    ]);
    expect(media.openStreams).toBe(0);
    await expect(media.open()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
    while (spawned.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const again = await media.open();
    again.start(phone.agreed);
    await expect(again.play(countingPrompt('p', 160), { interruptible: false }, never)).resolves.toBe('finished');
  });

  it.each([
    { workers: 1, outcome: { status: 'rejected', reason: { code: 'NO_CAPACITY', status: 503 } } },
    { workers: 2, outcome: { status: 'fulfilled' } },
  ])('of $workers workers, one dies that has been asked for a stream: $outcome.status', async ({ workers, outcome }) => {
    const mute = muteWorker();
    const media = await openWorkers({ count: workers, spawn: (settings, nth) => (nth === 0 ? mute : spawnWorker(settings)) });
    const opened = Promise.allSettled([media.open()]);
    await mute.terminate();
    expect(await opened).toMatchObject([outcome]);
  });

  it('closes everything: streams reject, threads end, nothing is opened any more', async () => {
    const spawned: Worker[] = [];
    const media = await openWorkers({ count: 2, spawned });
    const exits = Promise.all(spawned.map((worker) => once(worker, 'exit')));
    const stream = await media.open();
    const collected = stream.collect({ max: 1, terminators: '', firstMs: 60_000, betweenMs: 1 }, never);
    const rejected = expect(collected).rejects.toMatchObject({ name: 'AbortError' });
    await Promise.all([media.close(), media.close()]);
    await rejected;
    expect((await exits).map(([code]) => code)).toEqual([0, 0]);
    await expect(media.open()).rejects.toMatchObject({ code: 'NO_CAPACITY' });
  });

  it('does not start when the address is not of this machine, or there are too few ports', async () => {
    await expect(openMediaWorkers({ count: 2, host: HOST, portRange: { first: 30_000, last: 30_002 }, log: silentLogger })).rejects.toThrow(
      RangeError,
    );
    const media = await openMediaWorkers({ count: 1, host: '192.0.2.1', portRange: { first: 30_000, last: 30_010 }, log: silentLogger });
    closers.push(() => media.close());
    await expect(media.open()).rejects.toThrow('EADDRNOTAVAIL');
  });
});
