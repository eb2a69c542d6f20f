import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { abortWith } from '../../kernel/abort-with.ts';
import { type Clock, sleep } from '../../kernel/clock.ts';
import { silentLogger } from '../../kernel/log.ts';
import { type Random, randomHex } from '../../kernel/random.ts';
import {
  type AgreedMedia,
  type AudioCodec,
  audioCodecs,
  type MediaPort,
  type MediaStream,
  type Recorded,
} from '../../telephony/media/media-port.ts';
import { answerOffer } from '../../telephony/sdp/negotiate.ts';
import { SdpError } from '../../telephony/sdp/sdp-error.ts';
import { newLocalSrtp } from '../../telephony/sdp/srtp-offer.ts';
import type { Dialog } from '../../telephony/sip/dialog.ts';
import type { IncomingInvite } from '../../telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../telephony/sip/user-agent.ts';
import type { Wire } from '../../wire/wire.ts';
import { measureSound } from '../heard.ts';
import { CallerCheck } from './caller-check.ts';
import type { PhoneEvent, TimedPhoneEvent } from './phone-event.ts';

/** How the phone behaves on every call. */
export interface PhoneBehaviour {
  /** From the INVITE to the answer, or to the refusal. */
  readonly answerAfterMs: number;
  readonly ring: boolean;
  /** The SIP status with which it refuses. */
  readonly reject?: number;
  /** 0-9 * # A-D; w waits half a second. */
  readonly digits?: string;
  /** The codecs that it has; the caller's order decides. Absent: all of ours. */
  readonly codecs?: readonly AudioCodec[];
  /**
   * How it presses keys: as telephone-events where those are agreed on (absent), as tones though they are, as some gateways do, or as tones
   * since it knows no telephone-events.
   */
  readonly digitsAs?: 'agreed' | 'tones' | 'only-tones';
  /** Refuses every offer that is not RTP/SAVP with 488, as phones do that insist on SRTP. */
  readonly takesOnlySavp?: boolean;
  /** From the answer to the first digit. */
  readonly digitsAfterMs: number;
  /** WAV file for what it hears. */
  readonly record?: string;
  /** From the answer to hanging up. */
  readonly hangUpAfterMs?: number;
  /** Demands digest authentication. */
  readonly credentials?: { readonly userName: string; readonly password: string };
}

export interface TestPhoneOptions {
  readonly wires: readonly Wire[];
  readonly media: MediaPort;
  readonly clock: Clock;
  readonly random: Random;
  readonly behaviour: PhoneBehaviour;
  readonly onEvent: (event: TimedPhoneEvent) => void;
}

/** As long as a recording may become; a call never lasts that long. */
const DAY_MS = 86_400_000;

/** A phone that answers calls by itself: for the demo, for tests, and to try a trunk without a carrier. */
export class TestPhone {
  readonly #options: TestPhoneOptions;
  readonly #userAgent: UserAgent;
  readonly #check: CallerCheck | undefined;
  readonly #calls = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  #count = 0;

  constructor(options: TestPhoneOptions) {
    const { wires, clock, random, behaviour } = options;
    this.#options = options;
    // Each call listens.
    setMaxListeners(0, this.#closing.signal);
    if (behaviour.credentials) this.#check = new CallerCheck(behaviour.credentials, randomHex(random, 16));
    this.#userAgent = new UserAgent({
      wires,
      clock,
      random,
      log: silentLogger,
      product: 'Ringflow test phone',
      onInvite: (invite) => this.#invited(invite),
    });
  }

  /** Hangs up what is up, lets recordings be finished, and closes the wires and the media. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The phone is closing'));
    await Promise.all(this.#calls);
    await this.#userAgent.close();
    await this.#options.media.close();
  }

  #invited(invite: IncomingInvite): void {
    const call = this.#count + 1;
    const tell = (event: PhoneEvent): void => this.#options.onEvent({ atMs: this.#options.clock.now(), ...event });
    tell({ event: 'invite', call, callId: invite.callId, from: invite.from, to: invite.to });
    const challenge = this.#check?.challengeFor(invite);
    if (challenge !== undefined) {
      invite.reject(401, undefined, [['WWW-Authenticate', challenge]]);
      tell({ event: 'challenged', call });
      return;
    }
    this.#count = call;
    const done = this.#take(invite, call, tell)
      .catch((error: unknown) => tell({ event: 'failed', call, reason: error instanceof Error ? error.message : String(error) }))
      .finally(() => {
        this.#calls.delete(done);
        tell({ event: 'over', call });
      });
    this.#calls.add(done);
  }

  /** One call from the INVITE to its end. Resolves when everything that belongs to it is closed. */
  async #take(invite: IncomingInvite, call: number, tell: (event: PhoneEvent) => void): Promise<void> {
    const { clock, media, random, behaviour } = this.#options;
    const cancelled = new AbortController();
    invite.onCancelled = () => cancelled.abort(new Error('cancelled'));
    const stream = await media.open();
    try {
      const { address, port } = stream.local;
      const srtp = newLocalSrtp('optional', random);
      const offer = {
        address,
        port,
        sessionId: String(random.below(0x7fff_ffff)),
        version: 1,
        codecs: this.#options.behaviour.codecs ?? audioCodecs,
        ...(srtp && { srtp }),
      };
      if (this.#options.behaviour.takesOnlySavp && !invite.sdp?.includes(' RTP/SAVP ')) {
        throw new SdpError('no-protocol', 'The offer is not RTP/SAVP');
      }
      const { answer, agreed } = answerOffer(
        behaviour.digitsAs === 'only-tones' ? withoutEvents(invite.sdp ?? '') : (invite.sdp ?? ''),
        offer,
      );
      if (behaviour.ring) {
        invite.ring();
        tell({ event: 'ringing', call });
      }
      const waiting = new AbortController();
      const letGo = [cancelled.signal, this.#closing.signal].map((signal) => abortWith(waiting, signal));
      try {
        await sleep(clock, behaviour.answerAfterMs, waiting.signal);
      } finally {
        for (const free of letGo) free();
      }
      if (behaviour.reject !== undefined) {
        invite.reject(behaviour.reject);
        tell({ event: 'rejected', call, status: behaviour.reject });
        return;
      }
      const dialog = await invite.answer(answer);
      tell({ event: 'answered', call });
      await this.#talk(dialog, stream, agreed, call, tell);
    } catch (error) {
      if (cancelled.signal.aborted) tell({ event: 'cancelled', call });
      else if (this.#closing.signal.aborted) invite.reject(480);
      else {
        invite.reject(error instanceof SdpError ? 488 : 500);
        throw error;
      }
    } finally {
      await stream.close();
    }
  }

  /** The answered part of a call, until one side hangs up. */
  async #talk(dialog: Dialog, stream: MediaStream, agreed: AgreedMedia, call: number, tell: (event: PhoneEvent) => void): Promise<void> {
    const { clock, behaviour } = this.#options;
    const over = new AbortController();
    const end = new Promise<void>((resolve) => {
      dialog.onEnded(({ by }) => {
        tell({ event: 'bye', call, by });
        over.abort(new Error('The call is over'));
        resolve();
      });
    });
    const hangUp = (): void => void dialog.bye();
    this.#closing.signal.addEventListener('abort', hangUp, { once: true });
    if (this.#closing.signal.aborted) hangUp();

    stream.start(behaviour.digitsAs === 'tones' ? withoutEvent(agreed) : agreed);
    const recorded = behaviour.record === undefined ? undefined : this.#record(stream, fileOfCall(behaviour.record, call));
    const pressed = this.#press(stream, over.signal, (digit) => tell({ event: 'digit', call, digit }));
    const hangUpTimer = behaviour.hangUpAfterMs === undefined ? undefined : clock.after(behaviour.hangUpAfterMs, hangUp);
    await end;
    await dialog.bye();
    hangUpTimer?.cancel();
    this.#closing.signal.removeEventListener('abort', hangUp);

    const report = await stream.close();
    const digitsFailed = await pressed;
    if (digitsFailed !== undefined) tell({ event: 'failed', call, reason: digitsFailed });
    if (report.firstReceivedMs !== undefined) {
      tell({ event: 'first-audio', call, afterAnswerMs: report.firstReceivedMs, packets: report.received, lost: report.lost });
    }
    if (recorded !== undefined) {
      const { path } = await recorded;
      tell({ event: 'recording', call, file: path, ...measureSound(await readFile(path)) });
    }
  }

  /** Records until the stream closes. */
  #record(stream: MediaStream, path: string): Promise<Recorded> {
    const rules = { path, maxMs: DAY_MS, terminators: '', silenceMs: 0, trimSilence: false };
    return stream.record(rules, new AbortController().signal);
  }

  /** Presses the digits one by one. Answers why it could not, or undefined; the end of the call is no failure. */
  async #press(stream: MediaStream, signal: AbortSignal, pressed: (digit: string) => void): Promise<string | undefined> {
    const { clock, behaviour } = this.#options;
    if (behaviour.digits === undefined) return undefined;
    try {
      await sleep(clock, behaviour.digitsAfterMs, signal);
      for (const digit of behaviour.digits) {
        if (digit !== 'w') pressed(digit);
        await stream.sendDigits(digit, signal);
      }
      return undefined;
    } catch (error) {
      return signal.aborted ? undefined : String(error);
    }
  }
}

/** An offer as who reads it that knows no telephone-events. */
function withoutEvents(sdp: string): string {
  return sdp.replace(/^a=rtpmap:\d+ telephone-event\/.*\r?\n/gm, '');
}

function withoutEvent({ telephoneEvent: _, ...agreed }: AgreedMedia): AgreedMedia {
  return agreed;
}

/** `heard.wav` for the first call, `heard-2.wav` for the second. */
function fileOfCall(file: string, call: number): string {
  return call === 1 ? file : file.replace(/(\.\w+)?$/, (suffix) => `-${call}${suffix}`);
}
