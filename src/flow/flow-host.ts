import type { Clock } from '../kernel/clock.ts';
import type { CallLeg, Prompt, Recorded } from '../telephony/port.ts';
import type { CompiledFlow } from './compiled-flow.ts';
import type { ConferenceDoor } from './conference.ts';
import type { FlowHold } from './flow-hold.ts';
import type { AfterCall, FlowState } from './flow-state.ts';
import type { PlainStruct } from './plain-value.ts';
import type { SecondParty } from './second-party.ts';
import type { WholeCallRecording } from './whole-call-recording.ts';

/** Where prompts come from. A prompt that is ready is answered itself, not a promise, so that it plays in the same turn. */
export interface PromptSource {
  /** A text spoken with `voice`, or with the voice of the account. @throws when it cannot be spoken. */
  speech(text: string, voice: string | undefined, signal: AbortSignal): Prompt | Promise<Prompt>;
  /** An uploaded audio file of the account of the flow. @throws when there is none with this id. */
  file(fileId: string, signal: AbortSignal): Prompt | Promise<Prompt>;
  /** The tone that says when to speak. */
  beep(): Prompt | Promise<Prompt>;
  /** What callers hear while it rings: one ring and the pause after it. */
  ringing(): Prompt | Promise<Prompt>;
  /** What who is on hold hears. */
  holdMusic(): Prompt | Promise<Prompt>;
}

/** Where recordings go. Neither method is aborted by the end of the call: callers hang up to end a recording. */
export interface Recordings {
  /** A path for one new recording. */
  newPath(): string;
  /** Keeps a recording. @returns the id of the stored file. */
  save(recorded: Pick<Recorded, 'path' | 'durationMs' | 'bytes'>): Promise<string>;
  /** Takes care of a recording that could not be completed: what there is of it is kept once the call is over. */
  leave(path: string): void;
  /** Removes a recording in which nothing was heard. */
  discard(recorded: Recorded): Promise<void>;
}

/** What happens while a flow runs, in order. Only `pii` holds digits, texts and other values of the call. */
export type FlowEvent =
  | ({ readonly kind: 'node-entered' } & NodeEvent)
  | ({
      readonly kind: 'node-left';
      /** The declared transition it was left by; undefined when it was a choice, or the end of the flow. */
      readonly transition: string | undefined;
      readonly tookMs: number;
      /** A choice is under `pii`, as the choices of a menu are what was pressed. */
      readonly pii: { readonly outputs: Readonly<Record<string, string | number | undefined>>; readonly choice: string | undefined };
    } & NodeEvent)
  /** A flow that was run as this node came to an exit. */
  | ({ readonly kind: 'flow-left' } & NodeEvent)
  /** A node could not do its work: it is left by Failed, or the flow ends. The error belongs into the log of the session. */
  | ({ readonly kind: 'node-failed'; readonly error: Error } & NodeEvent)
  | { readonly kind: 'log'; readonly atMs: number; readonly pii: { readonly message: string } };

export interface NodeEvent {
  readonly atMs: number;
  readonly flowId: string;
  readonly nodeId: string;
  readonly name: string;
  readonly typeName: string;
}

/** What a running flow needs of the session. */
export interface FlowHost {
  readonly call: CallLeg;
  readonly clock: Clock;
  /** Aborted when the call is over. After the call (`runAfterCall`): aborted when the process stops. */
  readonly signal: AbortSignal;
  readonly prompts: PromptSource;
  readonly recordings: Recordings;
  readonly secondParty: SecondParty;
  readonly conference: ConferenceDoor;
  readonly hold: FlowHold;
  readonly recording: WholeCallRecording;
  /**
   * Finds a flow of the account of the call: one that runs as a node, or (when a call goes on elsewhere, and for what follows
   * the call) the one that the call began with. `version` is given when the call was in that version of it.
   */
  loadFlow(flowId: string, version?: number): CompiledFlow | undefined | Promise<CompiledFlow | undefined>;
  observe(event: FlowEvent): void;
  /** Told before each node where the call is. Must return at once. */
  checkpoint(state: FlowState): void;
}

/** How a flow ended. */
export type FlowEnd =
  /** It came to its end; the call is to be hung up. `exit` is the exit it was left by, if it was. */
  | { readonly why: 'completed'; readonly exit?: string }
  /** A Hang Up node was reached; the call is to be hung up. */
  | { readonly why: 'hung-up'; readonly outcome?: string }
  /** The call was over first. */
  | { readonly why: 'call-ended' }
  /** It could not go on; the call is to be hung up. The message of the error is for the author of the flow. */
  | { readonly why: 'failed'; readonly error: Error };

export interface FlowResult {
  readonly end: FlowEnd;
  /** What flows have written into Session. */
  readonly session: PlainStruct;
  /** To be handed to `runAfterCall` when the call has been hung up. */
  readonly afterCall: readonly AfterCall[];
}
