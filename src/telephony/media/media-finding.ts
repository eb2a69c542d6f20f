/** What a report says is wrong. */
export type MediaProblem =
  | 'NothingSent'
  | 'RefusedSource'
  | 'Unencrypted'
  | 'Unauthentic'
  | 'UnagreedType'
  | 'HeldThroughout'
  | 'NothingReceived'
  | 'NothingHeardThere'
  | 'OnlySilence'
  | 'AudioStopped'
  | 'LateStart'
  | 'SourceMoved'
  | 'LossReceived'
  | 'LossSent'
  | 'JitterReceived'
  | 'JitterSent'
  | 'LongRoundTrip'
  | 'LateFrames'
  | 'PoorReceived'
  | 'PoorSent';

/** A problem, and a sentence that says what is wrong and what to change. */
export interface MediaFinding {
  readonly problem: MediaProblem;
  readonly advice: string;
}

export function finding(problem: MediaProblem, advice: string): MediaFinding {
  return { problem, advice };
}

/** A duration as people read it. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
