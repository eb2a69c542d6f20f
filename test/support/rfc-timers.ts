// RFC 3261 section 17.1.1.1, as the standard has them, so that the judges of calls do not believe what they judge.

export const T1_MS = 500;
export const T2_MS = 4000;
/** 64*T1: how long timers B, F, H and M wait. */
export const PATIENCE_MS = 32_000;
