import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AudioCodec } from '../../src/telephony/port.ts';
import { startLinphoneProcess } from './linphone-process.ts';
import { buildWav, pcm16, sine } from './sound.ts';

/** linphonec, which takes calls, and has files for microphone and speaker. */
export interface LinphoneConsole {
  /** Resolves when it has printed `text`, also when that was before. @throws when it ends without */
  seen(text: string): Promise<void>;
  /** Presses keys in a call. */
  press(keys: string): void;
  /** Gives a command. */
  command(text: string): void;
  /** What the group of `pattern` has matched last in all that it has printed; '' for nothing. */
  latest(pattern: RegExp): string;
  /** The WAV file of what it has heard so far, of G.711, whose header may say that it is empty; undefined before its first call. */
  heardSoFar(): Promise<Uint8Array | undefined>;
  /** Waits until its only call has ended, ends the process and answers the WAV file of all that it heard. */
  heard(): Promise<Uint8Array>;
  /** Ends the process and removes its files. Idempotent. */
  close(): Promise<void>;
}

export interface LinphoneConsoleOptions {
  /** -1 for any free port. */
  readonly sipPort: number;
  /** The sine that it speaks with. */
  readonly toneHz: number;
  /** What it offers and takes of the codecs that we have. Absent: all but G.722. */
  readonly codecs?: readonly AudioCodec[];
  /** More lines for the section of SIP of its settings. */
  readonly sip?: readonly string[];
}

const codecLines = {
  PCMU: ['mime=PCMU', 'rate=8000', 'channels=1'],
  PCMA: ['mime=PCMA', 'rate=8000', 'channels=1'],
  G722: ['mime=G722', 'rate=8000', 'channels=1'],
  opus: ['mime=opus', 'rate=48000', 'channels=2'],
} as const satisfies Readonly<Record<AudioCodec, readonly string[]>>;

const TONE_SECONDS = 20;
const WAV_HEADER_BYTES = 44;

/** Starts linphonec, which answers by itself, and waits until it has its files. */
export async function startLinphoneConsole({ sipPort, toneHz, codecs, sip = [] }: LinphoneConsoleOptions): Promise<LinphoneConsole> {
  const sections = codecs && sectionsOf(codecs);
  const process = await startLinphoneProcess({ program: 'linphonec', options: ['-a'], sipPort, sip, ...(sections && { sections }) });
  const { folder, over, command, seen, latest, close } = process;
  const [said, heard] = [join(folder, 'said.wav'), join(folder, 'heard.wav')];
  try {
    await writeFile(said, buildWav({ data: pcm16(sine(toneHz, 8000, TONE_SECONDS)) }));
    for (const each of ['soundcard use files', `play ${said}`, `record ${heard}`, 'soundcard show']) command(each);
    await seen('Using files.');
  } catch (error) {
    await close();
    throw error;
  }
  return {
    seen,
    press: command,
    command,
    latest,
    heardSoFar: async () => {
      const wav = await readFile(heard).catch(() => undefined);
      // It writes the header when a stream stops.
      return wav && wav[0] === 0 ? buildWav({ data: wav.subarray(WAV_HEADER_BYTES) }) : wav;
    },
    heard: async () => {
      await seen(' ended (');
      command('quit');
      await over;
      return readFile(heard);
    },
    close,
  };
}

function sectionsOf(codecs: readonly AudioCodec[]): readonly string[] {
  return Object.entries(codecLines).flatMap(([codec, lines], index) => [
    `[audio_codec_${index}]`,
    ...lines,
    `enabled=${codecs.some((each) => each === codec) ? 1 : 0}`,
  ]);
}
