import { AppError } from '../../kernel/errors.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { LocalMedia } from './local-media.ts';
import type { MediaCommand, MediaEvent, SettledEvent } from './protocol.ts';
import type { StreamCore } from './stream-core.ts';

interface Served {
  readonly core: StreamCore;
  /** How to abort what is still waited for, by the number of the wait. */
  readonly aborts: Map<number, AbortController>;
}

/** Carries out what the main thread asks, with the streams of this thread. */
export class WorkerService {
  readonly #media: LocalMedia;
  readonly #post: (event: MediaEvent) => void;
  readonly #streams = new Map<number, Served>();
  readonly #prompts = new Map<string, Prompt>();

  constructor(media: LocalMedia, post: (event: MediaEvent) => void) {
    this.#media = media;
    this.#post = post;
  }

  /** Carries out commands that belong to one moment. Answers false when the last of them was to stop. */
  carryOut(commands: readonly MediaCommand[]): boolean {
    let goOn = true;
    for (const command of commands) goOn = this.#carryOut(command) && goOn;
    // A prompt that was to begin with the stream has begun it by now.
    for (const command of commands) if (command.kind === 'start') this.#streams.get(command.stream)?.core.begin();
    return goOn;
  }

  #carryOut(command: MediaCommand): boolean {
    switch (command.kind) {
      case 'open':
        void this.#open(command.stream);
        return true;
      case 'remember':
        this.#prompts.set(command.prompt.id, command.prompt);
        return true;
      case 'forget':
        this.#prompts.delete(command.promptId);
        return true;
      case 'stop':
        return false;
      case 'start':
      case 'play':
      case 'collect':
      case 'record':
      case 'recordCall':
      case 'controlRecording':
      case 'sendDigits':
      case 'answered':
      case 'pressed':
      case 'clearDigits':
      case 'silence':
      case 'bridge':
      case 'bridgeAcross':
      case 'unbridge':
      case 'joinRoom':
      case 'muteInRoom':
      case 'leaveRoom':
      case 'abort':
      case 'close': {
        const served = this.#streams.get(command.stream);
        if (served) this.#use(served, command);
        else if (command.kind === 'bridgeAcross') command.end.port.close();
        return true;
      }
    }
  }

  #use(served: Served, command: Extract<MediaCommand, { stream: number }>): void {
    const { core } = served;
    switch (command.kind) {
      case 'open':
        break;
      case 'start':
        core.start(command.agreed);
        break;
      case 'play': {
        const prompt = this.#prompts.get(command.promptId);
        this.#settle(served, command, async (signal) => {
          if (!prompt) throw new Error('The media worker does not know the prompt');
          return { kind: 'played', result: await core.play(prompt, command.rules, signal) };
        });
        break;
      }
      case 'collect':
        this.#settle(served, command, async (signal) => ({ kind: 'collected', collected: await core.collect(command.rules, signal) }));
        break;
      case 'record':
        this.#settle(served, command, async (signal) => ({ kind: 'recorded', recorded: await core.record(command.rules, signal) }));
        break;
      case 'recordCall':
        this.#settle(served, command, async () => ({
          kind: 'callRecorded',
          recorded: await core.recordCall(command.path, command.layout),
        }));
        break;
      case 'controlRecording':
        core.controlRecording(command.action);
        break;
      case 'sendDigits':
        this.#settle(served, command, async (signal) => {
          await core.sendDigits(command.digits, signal);
          return { kind: 'digitsSent' };
        });
        break;
      case 'answered':
        core.answered();
        break;
      case 'pressed':
        core.pressed(command.digit);
        break;
      case 'clearDigits':
        core.clearDigits();
        break;
      case 'silence':
        this.#settle(served, command, async () => ({ kind: 'silent', ms: await core.silentMs() }));
        break;
      case 'bridge': {
        const other = this.#streams.get(command.other);
        // One of them may have been closed meanwhile.
        if (other) core.bridge(other.core);
        break;
      }
      case 'bridgeAcross':
        core.bridgeAcross(command.end);
        break;
      case 'unbridge':
        core.unbridge();
        break;
      case 'joinRoom':
        core.joinRoom(command.room, command.muted);
        break;
      case 'muteInRoom':
        core.muteInRoom(command.muted);
        break;
      case 'leaveRoom':
        core.leaveRoom();
        break;
      case 'abort':
        served.aborts.get(command.wait)?.abort();
        break;
      case 'close':
        this.#streams.delete(command.stream);
        void served.core.close().then((report) => this.#post({ kind: 'closed', stream: command.stream, report }));
        break;
    }
  }

  async #open(stream: number): Promise<void> {
    try {
      const core = await this.#media.open();
      core.onDigitForPeer = (digit) => this.#post({ kind: 'digitForPeer', stream, digit });
      this.#streams.set(stream, { core, aborts: new Map() });
      this.#post({ kind: 'opened', stream, local: core.local });
    } catch (error) {
      const message = messageOf(error);
      const limit = error instanceof AppError && error.code === 'NO_CAPACITY';
      this.#post({ kind: 'refused', message, ...(limit && { limit: 'media ports' }) });
    }
  }

  #settle(served: Served, command: { stream: number; wait: number }, run: (signal: AbortSignal) => Promise<Outcome>): void {
    const { stream, wait } = command;
    const controller = new AbortController();
    served.aborts.set(wait, controller);
    void run(controller.signal)
      .then(
        (outcome) => this.#post({ ...outcome, stream, wait }),
        (error: unknown) => this.#post({ kind: 'failed', stream, wait, message: messageOf(error) }),
      )
      .finally(() => served.aborts.delete(wait));
  }
}

type Outcome = WithoutAddress<Exclude<SettledEvent, { kind: 'failed' }>>;
type WithoutAddress<Event> = Event extends unknown ? Omit<Event, 'stream' | 'wait'> : never;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
