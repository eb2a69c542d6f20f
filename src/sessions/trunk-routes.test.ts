import { describe, expect, it } from 'vitest';
import { plainTrunk } from '../../test/support/carriers.ts';
import { trunksFor } from './trunk-routes.ts';

const trunk = (trunkId: string, prefixes: readonly string[] = [], priority = 0) => plainTrunk('192.0.2.1', { trunkId, prefixes, priority });
const order = (e164: string, trunks: readonly ReturnType<typeof trunk>[], trunkId?: string) =>
  trunksFor(e164, trunks, trunkId).map((one) => one.trunkId);

describe('trunksFor', () => {
  const trunks = [trunk('all'), trunk('europe', ['+4', '+3']), trunk('germany', ['+49']), trunk('berlin', ['+4930', '+1212'])];

  it('takes the longest prefix first, and leaves out trunks for other numbers', () => {
    expect(order('+4930123456', trunks)).toEqual(['berlin', 'germany', 'europe', 'all']);
    expect(order('+4989123456', trunks)).toEqual(['germany', 'europe', 'all']);
    expect(order('+18144043093', trunks)).toEqual(['all']);
    expect(order('+18144043093', trunks.slice(1))).toEqual([]);
  });

  it('takes the lowest priority among equals, then the oldest', () => {
    expect(order('+49301', [trunk('a', [], 5), trunk('b', [], 1), trunk('c', [], 1), trunk('d', ['+49'], 9)])).toEqual([
      'd',
      'b',
      'c',
      'a',
    ]);
  });

  it('takes the trunk that the call names, whatever it is for, and no other', () => {
    expect(order('+18144043093', trunks, 'berlin')).toEqual(['berlin']);
    expect(order('+18144043093', trunks, 'unknown')).toEqual([]);
  });
});
