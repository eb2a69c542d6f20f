import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A program of linphone that takes commands, without sound card or screen. */
export interface LinphoneProcess {
  /** Where its files are. */
  readonly folder: string;
  /** Gives a command. */
  command(text: string): void;
  /** Resolves when it has printed `text`, also when that was before. @throws when it ends without */
  seen(text: string): Promise<void>;
  /** What the group of `pattern` has matched last in all that it has printed; '' for nothing. */
  latest(pattern: RegExp): string;
  /** The same of everything that it has matched, in order. */
  all(pattern: RegExp): readonly string[];
  /** Resolves when the process has ended. */
  readonly over: Promise<void>;
  /** Ends the process and removes its files. Idempotent. */
  close(): Promise<void>;
}

export interface LinphoneProgram {
  readonly program: 'linphone-daemon' | 'linphonec';
  /** Beside the one that names the file of its settings. */
  readonly options: readonly string[];
  /** Where it listens over UDP and TCP; -1 for any free port. */
  readonly sipPort: number;
  /** More lines for the section of SIP of its settings. */
  readonly sip: readonly string[];
  /** More sections of its settings. */
  readonly sections?: readonly string[];
}

const STOP_WITHIN_MS = 3_000;

/** Starts one in a folder of its own; it takes commands at once. */
export async function startLinphoneProcess({ program, options, sipPort, sip, sections = [] }: LinphoneProgram): Promise<LinphoneProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'ringflow-linphone-'));
  // Without this folder linphonec never opens its ports.
  await mkdir(join(folder, '.local/share/linphone'), { recursive: true });
  await mkdir(join(folder, '.config/linphone'), { recursive: true });
  const settings = join(folder, 'rc');
  const sipLines = [`sip_port=${sipPort}`, `sip_tcp_port=${sipPort}`, 'sip_tls_port=-1', 'use_ipv6=0', ...sip];
  const lines = ['[sip]', ...sipLines, '[rtp]', 'audio_rtp_port=-1', 'bind_address=127.0.0.1', ...sections, ''];
  await writeFile(settings, lines.join('\n'));
  const child = spawn(program, [program === 'linphonec' ? '-c' : '--config', settings, ...options], {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let printed = '';
  let ended = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const go of woken) go();
  };
  child.stdout.on('data', (part: Buffer) => {
    printed += part.toString();
    wake();
  });
  child.stdin.on('error', () => {});
  const over = once(child, 'close')
    .catch(() => {})
    .then(() => {
      ended = true;
      wake();
    });
  return {
    folder,
    over,
    command: (text) => void child.stdin.write(`${text}\n`),
    seen: async (text) => {
      while (!printed.includes(text)) {
        if (ended) throw new Error(`${program} is gone and has not printed ${text}: ${printed}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    all: (pattern) => [...printed.matchAll(pattern)].map(([, group = '']) => group),
    latest: (pattern) => [...printed.matchAll(pattern)].at(-1)?.[1] ?? '',
    close: async () => {
      if (!ended) child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await over;
      clearTimeout(kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
