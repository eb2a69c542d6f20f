import { conferences } from './conferences.ts';
import { dialogs } from './dialogs.ts';
import type { Fault } from './fault.ts';
import { incoming } from './incoming.ts';
import { leaks } from './leaks.ts';
import { media } from './media.ts';
import { mediaDoctor } from './media-doctor.ts';
import { parties } from './parties.ts';
import { recordings } from './recordings.ts';
import { transports } from './transports.ts';
import { trunks } from './trunks.ts';

/** Every list of faults, by its subject. */
export const lists: ReadonlyMap<string, readonly Fault[]> = new Map([
  ['transports', transports],
  ['trunks', trunks],
  ['dialogs', dialogs],
  ['media', media],
  ['media-doctor', mediaDoctor],
  ['parties', parties],
  ['conferences', conferences],
  ['recordings', recordings],
  ['incoming', incoming],
  ['leaks', leaks],
]);
