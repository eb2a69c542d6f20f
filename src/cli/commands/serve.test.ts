import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../kernel/errors.ts';
import type { Settings } from '../settings.ts';
import { exitCodes, type RunningServer, type ServeContext, serve } from './serve.ts';

const stopped = async (): Promise<void> => {};
const aServer: RunningServer = { httpAddress: 'http://127.0.0.1:8080', sipAddress: '127.0.0.1:5060', reload: stopped, stop: stopped };

/** Runs `serve` around a server that starts and stops as told, and keeps what it printed. */
function setUp(options: { environment?: Record<string, string>; start?: ServeContext['start']; stop?: () => Promise<void> } = {}) {
  const signals = new EventEmitter();
  const seen = { printed: [] as string[], errors: [] as string[], log: [] as string[], exits: [] as number[], stops: 0, reloads: 0 };
  const running: RunningServer = {
    ...aServer,
    reload: async () => {
      seen.reloads += 1;
    },
    stop: async () => {
      seen.stops += 1;
      await options.stop?.();
    },
  };
  const ready = new Promise<void>((resolve) => {
    signals.once('ready', resolve);
  });
  const code = serve({
    environment: options.environment ?? {},
    start: options.start ?? (async () => running),
    signals,
    print: (line) => {
      seen.printed.push(line);
      if (line.startsWith('Ringflow is ready')) signals.emit('ready');
    },
    printError: (line) => seen.errors.push(line),
    exit: (status) => seen.exits.push(status),
    logTo: { write: (line) => seen.log.push(line) },
  });
  return { signals, seen, ready, code };
}

describe('serve', () => {
  it('says in one line that it is ready, and stops on SIGTERM with status 0', async () => {
    const { signals, seen, ready, code } = setUp();
    await ready;
    expect(seen.printed).toEqual(['Ringflow is ready: API http://127.0.0.1:8080, SIP 127.0.0.1:5060']);
    expect(seen.stops).toBe(0);
    signals.emit('SIGTERM');
    expect(await code).toBe(exitCodes.stopped);
    expect(seen).toMatchObject({ stops: 1, errors: [], exits: [] });
    expect(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT')).toBe(0);
  });

  it('reads its certificates again on SIGHUP, once it has started, and goes on', async () => {
    const { signals, seen, ready, code } = setUp();
    signals.emit('SIGHUP');
    await ready;
    expect(seen.reloads).toBe(0);
    signals.emit('SIGHUP');
    expect(seen).toMatchObject({ reloads: 1, stops: 0, exits: [] });
    signals.emit('SIGTERM');
    expect(await code).toBe(exitCodes.stopped);
    expect(signals.listenerCount('SIGHUP')).toBe(0);
  });

  it('ends at once on the second signal', async () => {
    let finishStop = (): void => {};
    const { signals, seen, ready, code } = setUp({
      stop: () =>
        new Promise((resolve) => {
          finishStop = resolve;
        }),
    });
    await ready;
    signals.emit('SIGINT');
    expect(seen.exits).toEqual([]);
    signals.emit('SIGINT');
    expect(seen.exits).toEqual([exitCodes.killed]);
    await new Promise((resolve) => setImmediate(resolve));
    finishStop();
    await code;
  });

  it('stops as soon as it has started when it was told so while starting', async () => {
    const { signals, seen, code } = setUp();
    signals.emit('SIGTERM');
    expect(await code).toBe(exitCodes.stopped);
    expect(seen.stops).toBe(1);
  });

  it('shows the password that was made for the administrator, and never logs it', async () => {
    const { signals, seen, ready, code } = setUp({
      environment: { RINGFLOW_ADMIN_EMAIL: 'ann@example.com', LOG_LEVEL: 'debug' },
      start: async () => ({ ...aServer, generatedAdminPassword: 'made-up-secret' }),
    });
    await ready;
    expect(seen.printed[0]).toBe('Administrator ann@example.com has the password made-up-secret - it is shown this once.');
    signals.emit('SIGTERM');
    await code;
    expect(seen.log.join()).not.toContain('made-up-secret');
  });

  it('does not start with a setting that cannot be used', async () => {
    let started = 0;
    const { seen, code } = setUp({
      environment: { RINGFLOW_SIP_PORT: 'x' },
      start: async () => {
        started += 1;
        return aServer;
      },
    });
    expect(await code).toBe(exitCodes.badSetting);
    expect(started).toBe(0);
    expect(seen.errors).toEqual(['RINGFLOW_SIP_PORT must be a whole number from 0 to 65535, not "x".']);
    expect(seen.printed).toEqual([]);
  });

  it.each([
    [new Error('Port 8080 is in use.'), exitCodes.startFailed, 'Port 8080 is in use.'],
    [
      new AppError('BAD_SETTING', { name: 'RINGFLOW_DATA_DIR', reason: 'is used by another server.' }),
      exitCodes.badSetting,
      'RINGFLOW_DATA_DIR is used by another server.',
    ],
  ])('answers its own status when the start fails: %s', async (error, status, sentence) => {
    const { seen, code, signals } = setUp({ start: () => Promise.reject(error) });
    expect(await code).toBe(status);
    expect(seen.errors).toEqual([sentence]);
    expect(signals.listenerCount('SIGTERM')).toBe(0);
  });

  it('hands the settings and the log to the server', async () => {
    let given: Settings | undefined;
    const { seen, code, ready, signals } = setUp({
      environment: { RINGFLOW_HTTP_PORT: '8181', LOG_LEVEL: 'warn' },
      start: async (settings, log) => {
        given = settings;
        log.info({ calls: 1 }, 'too quiet to be seen');
        log.warn({ calls: 2 }, 'seen');
        return aServer;
      },
    });
    await ready;
    signals.emit('SIGTERM');
    await code;
    expect(given?.httpPort).toBe(8181);
    expect(seen.log.map((line) => JSON.parse(line))).toMatchObject([{ calls: 2, msg: 'seen' }]);
  });
});
