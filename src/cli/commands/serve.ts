import { once } from 'node:events';
import { type DestinationStream, destination, pino } from 'pino';
import { AppError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/log.ts';
import { readSettings, type Settings } from '../settings.ts';

/** A server that takes calls. */
export interface RunningServer {
  readonly httpAddress: string;
  readonly sipAddress: string;
  /** Set when the first administrator was made with a password of our own making. */
  readonly generatedAdminPassword?: string | undefined;
  /** Reads the PEM files of SIP over TLS again, for new connections. Never throws. */
  reload(): Promise<void>;
  /** Refuses new calls, lets running ones end for the time the settings give, and closes everything. Idempotent. */
  stop(): Promise<void>;
}

/** What `serve` needs of the process that it runs in. */
export interface ServeContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly start: (settings: Settings, log: Logger) => Promise<RunningServer>;
  readonly signals: {
    on(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', handler: () => void): unknown;
    off(signal: 'SIGTERM' | 'SIGINT' | 'SIGHUP', handler: () => void): unknown;
  };
  readonly print: (line: string) => void;
  readonly printError: (line: string) => void;
  /** Ends the process without waiting for anything. */
  readonly exit: (code: number) => void;
  /** Where log lines go; standard error if absent. */
  readonly logTo?: DestinationStream;
}

export const exitCodes = { stopped: 0, startFailed: 1, badSetting: 2, killed: 130 } as const;

/**
 * Runs the server until SIGTERM or SIGINT, and answers the exit status; SIGHUP has it read its certificates again. Standard output gets one line when it is ready
 * (and, the first time, the administrator's password); the log goes to standard error, one line of JSON each.
 */
export async function serve(context: ServeContext): Promise<number> {
  const { environment, start, signals, print, printError, exit } = context;
  let settings: Settings;
  try {
    settings = readSettings(environment);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    printError(error.message);
    return exitCodes.badSetting;
  }
  const log = pino({ level: settings.logLevel, base: null }, context.logTo ?? destination({ dest: 2, sync: false }));

  const firstSignal = new AbortController();
  const onSignal = (): void => {
    if (firstSignal.signal.aborted) exit(exitCodes.killed);
    firstSignal.abort();
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  let running: RunningServer | undefined;
  // While it starts it reads them anyway.
  const onHangUp = (): void => void running?.reload();
  signals.on('SIGHUP', onHangUp);
  try {
    const server = await start(settings, log);
    running = server;
    if (server.generatedAdminPassword !== undefined) {
      print(`Administrator ${settings.adminEmail} has the password ${server.generatedAdminPassword} - it is shown this once.`);
    }
    print(`Ringflow is ready: API ${server.httpAddress}, SIP ${server.sipAddress}`);
    if (!firstSignal.signal.aborted) await once(firstSignal.signal, 'abort');
    log.info({ drainSeconds: settings.drainSeconds }, 'stopping');
    await server.stop();
    return exitCodes.stopped;
  } catch (error) {
    log.error({ err: error }, 'the server failed');
    printError(error instanceof Error ? error.message : String(error));
    return error instanceof AppError && error.code === 'BAD_SETTING' ? exitCodes.badSetting : exitCodes.startFailed;
  } finally {
    signals.off('SIGTERM', onSignal);
    signals.off('SIGINT', onSignal);
    signals.off('SIGHUP', onHangUp);
  }
}
