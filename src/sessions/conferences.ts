import type { Clock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { AudioRoom, Telephony } from '../telephony/port.ts';
import { ConferenceMember, type MemberCall, type MemberPlace, type MemberRules } from './conference-member.ts';

export interface ConferencesOptions {
  readonly telephony: Pick<Telephony, 'openRoom'>;
  /** How many members each may have. */
  readonly conferenceMembers: number;
  readonly clock: Clock;
  readonly random: Random;
}

/** The conferences of this process. A name belongs to an account: those of two accounts never meet. */
export class Conferences {
  readonly #options: ConferencesOptions;
  readonly #named = new Map<string, Conference>();

  constructor(options: ConferencesOptions) {
    this.#options = options;
  }

  /**
   * The conference of this name, which begins with its first member and is over with its last; undefined: a new one without a name.
   * Whoever finds one enters it in the same turn.
   */
  find(accountId: string, name: string | undefined): Conference {
    const key = name === undefined ? undefined : keyOf(accountId, name);
    const known = key === undefined ? undefined : this.#named.get(key);
    if (known) return known;
    const { telephony, conferenceMembers, clock, random } = this.#options;
    const conference = new Conference(newId(clock, random), telephony.openRoom(), conferenceMembers, () => {
      if (key !== undefined && this.#named.get(key) === conference) this.#named.delete(key);
    });
    if (key !== undefined) this.#named.set(key, conference);
    return conference;
  }

  /** Whether the conference of this name takes no more members. */
  isFull(accountId: string, name: string): boolean {
    const known = this.#named.get(keyOf(accountId, name));
    return known !== undefined && known.members >= known.most;
  }

  /** Conferences with a name that have members. */
  get size(): number {
    return this.#named.size;
  }
}

function keyOf(accountId: string, name: string): string {
  return `${accountId} ${name}`;
}

/** One conference: who is in it, and when it begins and ends for them. */
export class Conference implements MemberPlace {
  readonly sid: string;
  readonly room: AudioRoom;
  /** How many members it may have. */
  readonly most: number;
  readonly #onOver: () => void;
  readonly #members = new Set<ConferenceMember>();
  #hasBegun = false;

  constructor(sid: string, room: AudioRoom, most: number, onOver: () => void) {
    this.sid = sid;
    this.room = room;
    this.most = most;
    this.#onOver = onOver;
  }

  /** Once there has been a moderator it has begun for all who come later, too. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  get members(): number {
    return this.#members.size;
  }

  /** Lets a call in; undefined when there is no room for another. */
  enter(call: MemberCall, rules: MemberRules): ConferenceMember | undefined {
    if (this.#members.size >= this.most) return undefined;
    const member = new ConferenceMember(call, rules, this);
    if (rules.announcement) for (const other of this.#members) other.announce(rules.announcement);
    this.#members.add(member);
    if (rules.moderator && !this.#hasBegun) {
      this.#hasBegun = true;
      for (const other of this.#members) other.settle();
    } else member.settle();
    return member;
  }

  /** A member is gone. */
  leave(member: ConferenceMember): void {
    this.#members.delete(member);
    const { announcement, endsOnExit } = member.rules;
    if (endsOnExit) {
      for (const other of [...this.#members]) other.leave('Ended');
    } else if (announcement) for (const other of this.#members) other.announce(announcement);
    if (this.#members.size === 0) this.#onOver();
  }
}
