import { join } from 'node:path';
import { type ChildProgram, firstLine, startChild } from './child-program.ts';

/** A server that runs as a child process, by itself on this machine. */
export interface ServerChild {
  readonly program: ChildProgram;
  /** http://host:port */
  readonly url: string;
  readonly readyAfterMs: number;
  readonly login: { readonly user: string; readonly password: string };
}

export interface ServerChildOptions {
  readonly script: string;
  /** Folder for its data and its log. */
  readonly directory: string;
  readonly sipPort: number;
  readonly rtpPorts: string;
  readonly adminPassword: string;
  /** Settings besides these. */
  readonly environment?: Readonly<Record<string, string>>;
}

const READY_WITHIN_MS = 60_000;
const ADMIN = 'admin@localhost';

/** Starts a server with data of its own on any free HTTP port and waits until it is ready. @throws Error with the end of its log */
export async function startServerChild(options: ServerChildOptions): Promise<ServerChild> {
  const { script, directory, sipPort, rtpPorts, adminPassword, environment } = options;
  const startedMs = performance.now();
  const logFile = join(directory, 'server.log');
  const program = startChild({
    script,
    arguments: ['serve'],
    environment: {
      RINGFLOW_HTTP_PORT: '0',
      RINGFLOW_SIP_PORT: String(sipPort),
      RINGFLOW_RTP_PORTS: rtpPorts,
      RINGFLOW_DATA_DIR: join(directory, 'data'),
      RINGFLOW_ADMIN_EMAIL: ADMIN,
      RINGFLOW_ADMIN_PASSWORD: adminPassword,
      RINGFLOW_DRAIN_SECONDS: '2',
      ...environment,
    },
    logFile,
  });
  try {
    const url = await firstLine(program, logFile, READY_WITHIN_MS, apiAddress);
    return { program, url, readyAfterMs: performance.now() - startedMs, login: { user: ADMIN, password: adminPassword } };
  } catch (error) {
    await program.stop();
    throw error;
  }
}

/** The address in the line that `serve` prints when it is ready. */
export function apiAddress(line: string): string | undefined {
  const address = /^Ringflow is ready: API (\S+), SIP /.exec(line)?.[1];
  if (address === undefined) return undefined;
  return address.startsWith('http') ? address : `http://${address}`;
}
