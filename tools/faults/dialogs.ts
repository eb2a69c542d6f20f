import type { Fault } from './fault.ts';

export const dialogs: readonly Fault[] = [];
