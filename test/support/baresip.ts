import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeHostPort } from '../../src/telephony/sip/host-port.ts';
import { type BaresipControl, openBaresipControl } from './baresip-control.ts';
import { testPort } from './test-port.ts';

/** A baresip process without sound card or screen, which takes calls. */
export interface Baresip extends Pick<BaresipControl, 'seen' | 'command'> {
  /** Of SIP on its host, over UDP and TCP. */
  readonly port: number;
  /** Of SIP over TLS, when it has that. */
  readonly tlsPort: number;
  /** What it printed: its own messages, and every SIP message that it sent or received. */
  log(): Promise<string>;
  /** The WAV file of what it has heard so far, whose header may say that it is empty; undefined before the first sound. */
  heardSoFar(): Promise<Uint8Array | undefined>;
  /** Ends the process and answers the WAV file of all that it heard. */
  heard(): Promise<Uint8Array>;
  /** Ends the process and removes its files. Idempotent. */
  close(): Promise<void>;
}

export interface BaresipOptions {
  /** The user part of the address that it takes calls for. */
  readonly user: string;
  /** Where it is, with no other address. Absent: 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1';
  /** `manual` rings until a command says what to do. */
  readonly answers?: 'auto' | 'manual';
  /** The sine that it speaks with. */
  readonly toneHz?: number;
  /** A WAV file that it plays instead, once: 48 kHz, stereo. */
  readonly audioFile?: string;
  /** Where it registers, and calls by way of. Absent: it does neither. */
  readonly registrar?: {
    readonly address?: string | undefined;
    readonly port: number;
    readonly transport: 'udp' | 'tcp' | 'tls';
    readonly password: string;
  };
  /** How long it asks to be registered. Absent: a minute. */
  readonly registersForSeconds?: number;
  /** PEM texts of what it shows over TLS, and a file with the authorities that it trusts; its contact is at TLS then. */
  readonly tls?: { readonly certificate: string; readonly key: string; readonly caFile: string };
  /** What it does about SRTP: takes it when it is offered, or nothing else. Absent: it has none. */
  readonly mediaEncryption?: 'srtp' | 'srtp-mand';
  /** The modules of the codecs that it has, first the one that it likes best. Absent: G.711. */
  readonly codecs?: readonly ('g711' | 'g722' | 'opus')[];
  /** Puts what it hears in order, and leaves out a key of which packets are lost. Absent: true. */
  readonly jitterBuffer?: boolean;
  /** How many calls it takes at once: two to be transferred. Absent: one. */
  readonly maxCalls?: number;
}

const READY_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 3_000;
/** After this it ends by itself, should nobody be left to stop it. */
const LONGEST_SECONDS = 60;

/** Starts baresip in a folder of its own and waits until it takes calls. @throws when it does not within 10 s */
export async function startBaresip({
  user,
  host = '127.0.0.1',
  answers = 'auto',
  toneHz = 440,
  audioFile,
  mediaEncryption,
  codecs = ['g711'],
  registrar,
  registersForSeconds = 60,
  jitterBuffer = true,
  maxCalls = 1,
  tls,
}: BaresipOptions): Promise<Baresip> {
  const directory = await mkdtemp(join(tmpdir(), 'ringflow-baresip-'));
  // It takes the port above for TLS, used or not.
  const port = await testPort(host, 1);
  const controlPort = await testPort();
  await writeFile(
    join(directory, 'config'),
    configOf(directory, port, controlPort, { host, source: sourceOf(toneHz, audioFile), codecs, jitterBuffer, maxCalls }) +
      (await tlsConfig(directory, tls)),
  );
  await writeFile(
    join(directory, 'accounts'),
    `${addressOf(user, writeHostPort(host), registrar && { ...registrar, seconds: registersForSeconds }, tls !== undefined)};answermode=${answers}${mediaEncryption === undefined ? '' : `;mediaenc=${mediaEncryption}`}\n`,
  );

  const logFile = await open(join(directory, 'log'), 'w');
  const child = spawn('baresip', [host === '::1' ? '-6' : '-4', '-f', directory, '-s', '-t', String(LONGEST_SECONDS)], {
    stdio: ['ignore', logFile.fd, logFile.fd],
  });
  await logFile.close();
  let ended = false;
  const over = once(child, 'close')
    .catch(() => {})
    .then(() => {
      ended = true;
    });
  const log = (): Promise<string> => readFile(join(directory, 'log'), 'utf8');
  const stop = async (): Promise<void> => {
    if (!ended) child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await over;
    clearTimeout(kill);
  };

  const heardSoFar = async (): Promise<Uint8Array | undefined> => {
    // Of its latest call.
    const dump = (await readdir(directory))
      .filter((name) => /^dump-.*-dec\.wav$/.test(name))
      .sort()
      .at(-1);
    return dump === undefined ? undefined : readFile(join(directory, dump));
  };

  let control: BaresipControl | undefined;
  const close = async (): Promise<void> => {
    control?.close();
    await stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    for (let waitedMs = 0; !(await log()).includes('baresip is ready'); waitedMs += 20) {
      if (ended || waitedMs > READY_WITHIN_MS) throw new Error(`baresip did not start: ${await log()}`);
      await delay(20);
    }
    control = await openBaresipControl(controlPort);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    tlsPort: port + 1,
    seen: control.seen,
    command: control.command,
    log,
    heardSoFar,
    heard: async () => {
      await stop();
      const wav = await heardSoFar();
      if (wav === undefined) throw new Error('baresip has heard nothing');
      return wav;
    },
    close,
  };
}

/** One file has to hold both; baresip uses it as server and as client. */
async function tlsConfig(directory: string, tls: BaresipOptions['tls']): Promise<string> {
  if (!tls) return '';
  const file = join(directory, 'tls.pem');
  await writeFile(file, tls.certificate + tls.key);
  return `sip_certificate ${file}\nsip_cafile ${tls.caFile}\n`;
}

function addressOf(
  user: string,
  host: string,
  registrar: (NonNullable<BaresipOptions['registrar']> & { readonly seconds: number }) | undefined,
  isSecure: boolean,
): string {
  if (!registrar) return `<sip:${user}@${host}${isSecure ? ';transport=tls' : ''}>;regint=0`;
  const { address = '127.0.0.1', port, transport, password, seconds } = registrar;
  const server = `${address}:${port};transport=${transport}`;
  return `<sip:${user}@${server}>;regint=${seconds};auth_user=${user};auth_pass=${password};outbound="sip:${server}"`;
}

const sourceOf = (toneHz: number, audioFile: string | undefined) =>
  audioFile === undefined ? { module: 'ausine', device: String(toneHz) } : { module: 'aufile', device: audioFile };

/** The network interface (or its address) decides on the address in its SDP; its sources give 48 kHz stereo. */
function configOf(
  directory: string,
  port: number,
  controlPort: number,
  {
    host,
    source,
    codecs,
    jitterBuffer,
    maxCalls,
  }: Required<Pick<BaresipOptions, 'host' | 'codecs' | 'jitterBuffer' | 'maxCalls'>> & {
    readonly source: { readonly module: string; readonly device: string };
  },
): string {
  return `
    sip_listen ${writeHostPort(host, port)}
    net_interface ${host}
    rtp_ports 42000-42999
    call_max_calls ${maxCalls}
    rtp_stats yes
    jitter_buffer_delay ${jitterBuffer ? '5-10' : '0-0'}
    audio_source ${source.module},${source.device}
    audio_player aubridge,nil
    ausrc_srate 48000
    ausrc_channels 2
    snd_path ${directory}
    ctrl_tcp_listen 127.0.0.1:${controlPort}
    module_path /usr/lib/baresip/modules
${codecs.map((name) => `    module ${name}.so\n`).join('')}    module ${source.module}.so
    module aubridge.so
    module sndfile.so
    module srtp.so
    module_tmp account.so
    module_app menu.so
    module_app ctrl_tcp.so
  `.replace(/^ +/gm, '');
}
