import type { LegEnd } from '../telephony/port.ts';

/** Outcomes that Ringflow gives by itself. A Hang Up node may give any other text. */
export type Outcome =
  | 'Completed'
  | 'CalleeHungUp'
  | 'CallerHungUp'
  | 'Busy'
  | 'Rejected'
  | 'NoAnswer'
  | 'Unreachable'
  | 'NumberNotFound'
  | 'Cancelled'
  | 'Failed'
  | 'FlowFailed'
  | 'MaxDuration'
  | 'Expired'
  | 'NoTrunk'
  | 'NoCallerId'
  | 'ServerShutDown'
  | 'ServerLost';

/** The sentence that the log of a session ends with. */
export function describeEnd(end: LegEnd): string {
  const sentence = sentences[end.why];
  if (end.sip === undefined) return end.reason ? `${sentence}: ${end.reason}` : sentence;
  return `${sentence} (SIP ${end.sip}${end.reason ? ` ${end.reason}` : ''})`;
}

const sentences: Record<LegEnd['why'], string> = {
  'callee-hung-up': 'The callee hung up',
  'caller-hung-up': 'The caller hung up',
  'we-hung-up': 'Hung up',
  busy: 'The callee is busy',
  rejected: 'The call was rejected',
  'no-answer': 'Nobody answered',
  unreachable: 'The trunk or the callee cannot be reached',
  'number-not-found': 'The number does not exist',
  cancelled: 'Cancelled before it was answered',
  failed: 'The call failed',
};

/** The outcome of a call that ended by itself, that is, neither by its flow nor by us. */
export function outcomeOfEnd(end: LegEnd): Outcome {
  switch (end.why) {
    case 'callee-hung-up':
      return 'CalleeHungUp';
    case 'caller-hung-up':
      return 'CallerHungUp';
    case 'we-hung-up':
      return 'Completed';
    case 'busy':
      return 'Busy';
    case 'rejected':
      return 'Rejected';
    case 'no-answer':
      return 'NoAnswer';
    case 'unreachable':
      return 'Unreachable';
    case 'number-not-found':
      return 'NumberNotFound';
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Failed';
  }
}
