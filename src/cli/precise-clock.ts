import { type Clock, systemClock } from '../kernel/clock.ts';

/** The machine's clock to the microsecond: times that several processes of one machine measure can be subtracted. */
export const preciseClock: Clock = { now: () => performance.timeOrigin + performance.now(), after: systemClock.after };
