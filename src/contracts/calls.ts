import { oneOf } from './dto.ts';

/** What a status callback may tell of a call. */
export const callEventNames = ['Initiated', 'Ringing', 'Answered', 'Completed'] as const;
export type CallEventName = (typeof callEventNames)[number];
export const callEvents = oneOf('CallEvents', callEventNames);
