import { dialogs } from './dialogs.ts';
import type { Fault } from './fault.ts';
import { transports } from './transports.ts';
import { trunks } from './trunks.ts';

/** Every list of faults, by its subject. */
export const lists: ReadonlyMap<string, readonly Fault[]> = new Map([
  ['transports', transports],
  ['trunks', trunks],
  ['dialogs', dialogs],
]);
