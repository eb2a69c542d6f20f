import type { AudioRoom, PlayRules, Prompt } from '../../src/telephony/port.ts';
import { FakeLeg } from './fake-leg.ts';

/** More than any test lets a call hear. */
const MOST_PLAYED = 10;

/** A call that can be in a room, unless it is over. */
export class RoomLeg extends FakeLeg {
  readonly rooms: string[] = [];

  override play(prompt: Prompt, how: PlayRules, signal: AbortSignal): Promise<'finished' | 'barged'> {
    return this.heard.length < MOST_PLAYED ? super.play(prompt, how, signal) : Promise.reject(new Error('Too much is played'));
  }

  joinRoom(_room: AudioRoom, muted: boolean): void {
    if (this.over.aborted) throw new Error('The call is over');
    this.rooms.push(muted ? 'joined, muted' : 'joined');
  }

  muteInRoom(muted: boolean): void {
    this.rooms.push(muted ? 'muted' : 'not muted');
  }

  leaveRoom(): void {
    this.rooms.push('left');
  }
}
