import type { Prompt } from '../telephony/port.ts';

/** The hold of a call by its flow, which goes on meanwhile. */
export interface FlowHold {
  /** Puts the call on hold: it hears the music whenever nothing else is played to it, and nothing that it says or presses is taken. */
  hold(music: Prompt): Promise<void>;
  /** Ends that. Does nothing when the flow does not hold the call. @throws Error when the other side does not agree */
  resume(): Promise<void>;
}
