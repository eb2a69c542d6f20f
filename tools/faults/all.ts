import { branches } from './branches.ts';
import { changes } from './changes.ts';
import { conferences } from './conferences.ts';
import type { Fault } from './fault.ts';
import { incoming } from './incoming.ts';
import { leaks } from './leaks.ts';
import { media } from './media.ts';
import { mediaDoctor } from './media-doctor.ts';
import { parties } from './parties.ts';
import { provisional } from './provisional.ts';
import { recordings } from './recordings.ts';
import { registrations } from './registrations.ts';
import { routes } from './routes.ts';
import { sources } from './sources.ts';
import { srtp } from './srtp.ts';
import { transactions } from './transactions.ts';
import { transfers } from './transfers.ts';
import { transports } from './transports.ts';
import { trunks } from './trunks.ts';

/** Every list of faults, by its subject. */
export const lists: ReadonlyMap<string, readonly Fault[]> = new Map([
  ['transports', transports],
  ['srtp', srtp],
  ['sources', sources],
  ['trunks', trunks],
  ['registrations', registrations],
  ['routes', routes],
  ['provisional', provisional],
  ['changes', changes],
  ['branches', branches],
  ['transfers', transfers],
  ['transactions', transactions],
  ['media', media],
  ['media-doctor', mediaDoctor],
  ['parties', parties],
  ['conferences', conferences],
  ['recordings', recordings],
  ['incoming', incoming],
  ['leaks', leaks],
]);
