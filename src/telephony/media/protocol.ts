import type { Endpoint } from '../../wire/wire.ts';
import type { Prompt } from '../audio/prompt.ts';
import type { PortLimits } from '../rtp/port-range.ts';
import type { BridgeEnd } from './far-side.ts';
import type {
  AgreedMedia,
  AudioRoom,
  CallRecorded,
  Collected,
  CollectRules,
  PlayRules,
  Recorded,
  RecordingAction,
  RecordingLayout,
  RecordRules,
} from './media-port.ts';
import type { MediaReport } from './media-report.ts';

/** What a media worker is started with. */
export interface WorkerSettings {
  readonly host: string;
  /** An address of the other family, for sockets of both. */
  readonly otherHost?: string;
  readonly portRange: PortLimits;
  readonly maxStreams: number;
  /** The number of the thread, from 0. */
  readonly part: number;
}

/**
 * What the main thread asks of a media worker. `stream` and `wait` are numbers of the asker: a stream is named by `open` before it is used,
 * a wait is settled by exactly one event. Commands that belong to one moment travel together, in one message.
 */
export type MediaCommand =
  | { readonly kind: 'open'; readonly stream: number }
  | { readonly kind: 'start'; readonly stream: number; readonly agreed: AgreedMedia }
  | { readonly kind: 'answered'; readonly stream: number }
  | { readonly kind: 'play'; readonly stream: number; readonly wait: number; readonly promptId: string; readonly rules: PlayRules }
  | { readonly kind: 'collect'; readonly stream: number; readonly wait: number; readonly rules: CollectRules }
  | { readonly kind: 'record'; readonly stream: number; readonly wait: number; readonly rules: RecordRules }
  | { readonly kind: 'recordCall'; readonly stream: number; readonly wait: number; readonly path: string; readonly layout: RecordingLayout }
  | { readonly kind: 'controlRecording'; readonly stream: number; readonly action: RecordingAction }
  | { readonly kind: 'sendDigits'; readonly stream: number; readonly wait: number; readonly digits: string }
  | { readonly kind: 'pressed'; readonly stream: number; readonly digit: string }
  | { readonly kind: 'clearDigits'; readonly stream: number }
  | { readonly kind: 'silence'; readonly stream: number; readonly wait: number }
  | { readonly kind: 'bridge'; readonly stream: number; readonly other: number }
  /** The other end goes to another thread. */
  | { readonly kind: 'bridgeAcross'; readonly stream: number; readonly end: BridgeEnd }
  | { readonly kind: 'unbridge'; readonly stream: number }
  | { readonly kind: 'joinRoom'; readonly stream: number; readonly room: AudioRoom; readonly muted: boolean }
  | { readonly kind: 'muteInRoom'; readonly stream: number; readonly muted: boolean }
  | { readonly kind: 'leaveRoom'; readonly stream: number }
  | { readonly kind: 'abort'; readonly stream: number; readonly wait: number }
  | { readonly kind: 'close'; readonly stream: number }
  /** A prompt that `play` may name from now on, until it is forgotten. */
  | { readonly kind: 'remember'; readonly prompt: Prompt }
  | { readonly kind: 'forget'; readonly promptId: string }
  /** Closes every stream and ends the thread. */
  | { readonly kind: 'stop' };

/** What a media worker tells. */
export type MediaEvent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly stream: number; readonly local: Endpoint }
  /** `limit` names what is used up; without it, `message` says what went wrong. */
  | { readonly kind: 'refused'; readonly limit?: string; readonly message: string }
  | SettledEvent
  | { readonly kind: 'digitForPeer'; readonly stream: number; readonly digit: string }
  | { readonly kind: 'closed'; readonly stream: number; readonly report: MediaReport };

/** How a wait ended. */
export type SettledEvent =
  | { readonly kind: 'played'; readonly stream: number; readonly wait: number; readonly result: 'finished' | 'barged' }
  | { readonly kind: 'collected'; readonly stream: number; readonly wait: number; readonly collected: Collected }
  | { readonly kind: 'recorded'; readonly stream: number; readonly wait: number; readonly recorded: Recorded }
  | { readonly kind: 'callRecorded'; readonly stream: number; readonly wait: number; readonly recorded: CallRecorded }
  | { readonly kind: 'digitsSent'; readonly stream: number; readonly wait: number }
  | { readonly kind: 'silent'; readonly stream: number; readonly wait: number; readonly ms: number }
  | { readonly kind: 'failed'; readonly stream: number; readonly wait: number; readonly message: string };
