import type { Fault } from './fault.ts';

export const trunks: readonly Fault[] = [];
