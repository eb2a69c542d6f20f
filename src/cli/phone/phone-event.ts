/** What happens on the test phone. The command prints each as one line of JSON, with `atMs`, milliseconds since the Unix epoch. */
export type PhoneEvent =
  | { readonly event: 'listening'; readonly host: string; readonly port: number }
  | { readonly event: 'invite'; readonly call: number; readonly callId: string; readonly from: string; readonly to: string }
  | { readonly event: 'challenged'; readonly call: number }
  | { readonly event: 'ringing'; readonly call: number }
  | { readonly event: 'rejected'; readonly call: number; readonly status: number }
  | { readonly event: 'cancelled'; readonly call: number }
  | { readonly event: 'answered'; readonly call: number }
  | { readonly event: 'digit'; readonly call: number; readonly digit: string }
  | { readonly event: 'bye'; readonly call: number; readonly by: 'peer' | 'us' | 'error' }
  /** Audio came at all: `afterAnswerMs` from our 200 OK to the first packet. Known when the call is over. */
  | {
      readonly event: 'first-audio';
      readonly call: number;
      readonly afterAnswerMs: number;
      readonly packets: number;
      readonly lost: number;
    }
  | {
      readonly event: 'recording';
      readonly call: number;
      readonly file: string;
      readonly durationMs: number;
      readonly soundMs: number;
      readonly loudnessDb: number;
    }
  /** Everything that belongs to the call is closed. The last event of each call that got past the challenge. */
  | { readonly event: 'over'; readonly call: number }
  | { readonly event: 'failed'; readonly call: number; readonly reason: string };

export type TimedPhoneEvent = PhoneEvent & { readonly atMs: number };
