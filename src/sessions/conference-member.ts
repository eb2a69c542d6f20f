import type { AnsweredCall, AudioRoom, Prompt } from '../telephony/port.ts';

/** How a call takes part in a conference. */
export interface MemberRules {
  readonly muted: boolean;
  readonly moderator: boolean;
  readonly waitsForModerator: boolean;
  readonly endsOnExit: boolean;
  readonly announcement: Prompt | undefined;
  readonly music: Prompt;
}

/** A call, as its conference has it. */
export type MemberCall = Pick<AnsweredCall, 'play' | 'joinRoom' | 'muteInRoom' | 'leaveRoom'>;

/** What a member needs of its conference. */
export interface MemberPlace {
  readonly sid: string;
  readonly room: AudioRoom;
  /** Whether those who wait for a moderator need not wait any more. */
  readonly hasBegun: boolean;
  leave(member: ConferenceMember): void;
}

/** One call in one conference: it talks with the others, or hears music while it waits or is on hold. */
export class ConferenceMember {
  readonly call: MemberCall;
  readonly rules: MemberRules;
  /** Resolves when it is not in the conference any more. */
  readonly over: Promise<'Left' | 'Ended'>;
  readonly #place: MemberPlace;
  #resolveOver: (why: 'Left' | 'Ended') => void = () => {};
  #isOver = false;
  #isMuted: boolean;
  #isHeld = false;
  #talks: boolean | undefined;
  #music: AbortController | undefined;
  #announcement: AbortController | undefined;

  constructor(call: MemberCall, rules: MemberRules, place: MemberPlace) {
    this.call = call;
    this.rules = rules;
    this.#place = place;
    this.#isMuted = rules.muted;
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get sid(): string {
    return this.#place.sid;
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** Whether it hears the others now, and not music. */
  get talks(): boolean {
    return this.#talks === true;
  }

  mute(isMuted: boolean): void {
    this.#isMuted = isMuted;
    this.call.muteInRoom(isMuted);
  }

  /** On hold it neither hears the others nor is heard. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.settle();
  }

  /** Plays something to it, before what the others say: at once, or not at all while it hears another announcement. */
  announce(prompt: Prompt): void {
    if (!this.talks || this.#announcement) return;
    const announcement = new AbortController();
    this.#announcement = announcement;
    const done = (): void => {
      if (this.#announcement === announcement) this.#announcement = undefined;
    };
    // It ends with the stay among the others, or with the call.
    this.call.play(prompt, { interruptible: false }, announcement.signal).then(done, done);
  }

  /** Does what is to be done now, since the conference or the member has changed. */
  settle(): void {
    const talks = !this.#isHeld && (this.#place.hasBegun || !this.rules.waitsForModerator);
    if (this.#isOver || talks === this.#talks) return;
    this.#talks = talks;
    this.#stopSounds();
    if (!talks) {
      this.call.leaveRoom();
      this.#playMusic();
      return;
    }
    try {
      this.call.joinRoom(this.#place.room, this.#isMuted);
    } catch {
      // The call is over, and whoever holds it takes it out.
    }
  }

  /** Takes it out of the conference. Idempotent; the first reason counts. */
  leave(why: 'Left' | 'Ended' = 'Left'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopSounds();
    this.call.leaveRoom();
    this.#place.leave(this);
    this.#resolveOver(why);
  }

  #playMusic(): void {
    const { music } = this.rules;
    if (music.durationMs <= 0) return;
    this.#music = new AbortController();
    const { signal } = this.#music;
    const again = (): Promise<unknown> => this.call.play(music, { interruptible: false }, signal).then(again);
    // It ends with the wait, or with the call.
    again().catch(() => undefined);
  }

  #stopSounds(): void {
    this.#music?.abort();
    this.#music = undefined;
    this.#announcement?.abort();
    this.#announcement = undefined;
  }
}
