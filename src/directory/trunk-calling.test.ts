import { describe, expect, it } from 'vitest';
import type { TrunkSettings } from '../store/schema.ts';
import { MemberChecks } from './member-checks.ts';
import { callingValues } from './trunk-calling.ts';

const checked = (members: TrunkSettings) => {
  const checks = new MemberChecks();
  const values = callingValues(members, checks);
  checks.done();
  return values;
};

describe('how calls of a trunk name for whom they were', () => {
  it('is one of two ways, and stays when it is absent', () => {
    expect(checked({ diversionHeader: 'Diversion' })).toEqual({ diversionHeader: 'Diversion' });
    expect(checked({ diversionHeader: 'None' })).toEqual({ diversionHeader: 'None' });
    expect(checked({})).toEqual({});
  });

  it('is nothing else', () => {
    const wrong: TrunkSettings = JSON.parse('{"diversionHeader":"X-Any: 1"}');
    expect(() => checked(wrong)).toThrow(expect.objectContaining({ fields: [expect.objectContaining({ fieldName: 'DiversionHeader' })] }));
  });
});
