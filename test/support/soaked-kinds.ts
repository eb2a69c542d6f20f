import { SOAK_CALLS } from './soak-counts.ts';

/**
 * What calls there are, so many of twenty each: flows that speak, dial somebody, are recorded or encrypted; calls that come in; two who meet in
 * a conference; a phone that has registered and is dialled; one who is dialled and sends the caller on; and two who are dialled, and leave
 * their callers to each other.
 */
const kinds = [
  ...['said', 'conference', 'bridged', 'user', 'transferred', 'bridged', 'recorded', 'encrypted', 'incoming', 'incoming'],
  ...['said', 'conference', 'bridged', 'joined', 'transferred', 'bridged', 'recorded', 'encrypted', 'incoming', 'incoming'],
] as const;
export type SoakedKind = (typeof kinds)[number];
/** The kinds of calls that are placed. */
export type PlacedKind = Exclude<SoakedKind, 'incoming'>;
export const kindOf = (index: number): SoakedKind => kinds[Math.floor(index / 10) % kinds.length] ?? 'said';

/** What becomes of calls, by the last digit of the number that is dialled. */
export const fates = ['we hang up', 'callee hangs up', 'busy', 'cancelled', 'not answered'] as const;
export type Fate = (typeof fates)[number];

/** Six of ten are answered and left to the flow, and one each has another fate. */
export const fateOf = (number: string): Fate => fates[Math.max(0, Number(number.at(-1)) - 5)] ?? fates[1];

/** Calls to this prefix are encrypted. */
export const ENCRYPTED = '+1815';

/** The number of a call: it is dialled or calls. */
export const numberOf = (index: number): string => `${kindOf(index) === 'encrypted' ? ENCRYPTED : '+1814'}${5_000_000 + index}`;

/** How many calls are of one of these kinds and have one of these fates. */
export const callsOf = (wantedKinds: readonly SoakedKind[], wanted: readonly Fate[] = fates): number =>
  Array.from({ length: SOAK_CALLS }, (_, index) => index).filter(
    (index) => wantedKinds.includes(kindOf(index)) && wanted.includes(fateOf(numberOf(index))),
  ).length;

export const placedKinds: readonly PlacedKind[] = kinds.filter((kind) => kind !== 'incoming');
