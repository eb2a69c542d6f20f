import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A linphone process without sound card or screen. */
export interface Linphone {
  /** Gives a command of linphone-daemon: `register`, `call`, `terminate` and the like. */
  command(text: string): void;
  /** Resolves when it has printed `text`, also when that was before. @throws when it ends without */
  seen(text: string): Promise<void>;
  /** What the group of `pattern` has matched last in all that it has printed; '' for nothing. */
  latest(pattern: RegExp): string;
  /** Ends the process and removes its files. Idempotent. */
  close(): Promise<void>;
}

const STOP_WITHIN_MS = 3_000;

/**
 * Starts linphone in a folder of its own; it takes commands at once, and listens on `sipPort` over UDP and TCP, any free one if absent. `insists`: it
 * takes no call that is not encrypted as `media-encryption` says. `sip`: more lines for that section of its settings.
 */
export async function startLinphone(sipPort = -1, insists = false, sip: readonly string[] = []): Promise<Linphone> {
  const home = await mkdtemp(join(tmpdir(), 'ringflow-linphone-'));
  await mkdir(join(home, '.local/share/linphone'), { recursive: true });
  await mkdir(join(home, '.config/linphone'), { recursive: true });
  const config = join(home, 'rc');
  await writeFile(
    config,
    `[sip]\nsip_port=${sipPort}\nsip_tcp_port=${sipPort}\nsip_tls_port=-1\nuse_ipv6=0\nmedia_encryption_mandatory=${insists ? 1 : 0}\n${sip.map((line) => `${line}\n`).join('')}[rtp]\naudio_rtp_port=-1\nbind_address=127.0.0.1\n`,
  );
  const child = spawn('linphone-daemon', ['--config', config, '--log', join(home, 'log'), '--auto-answer'], {
    env: { ...process.env, HOME: home },
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
    command: (text) => void child.stdin.write(`${text}\n`),
    seen: async (text) => {
      while (!printed.includes(text)) {
        if (ended) throw new Error(`linphone is gone and has not printed ${text}: ${printed}`);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
    latest: (pattern) => [...printed.matchAll(pattern)].at(-1)?.[1] ?? '',
    close: async () => {
      if (!ended) child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await over;
      clearTimeout(kill);
      await rm(home, { recursive: true, force: true });
    },
  };
}
