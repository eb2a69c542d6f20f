import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { DataScopes, type KnownData, MAX_SESSION_SIZE, MAX_VALUE_SIZE } from './data-scopes.ts';
import { DataError, structOf } from './plain-value.ts';

const known: KnownData = {
  session: { Id: 's1', From: '+15550100', To: '+15550111' },
  endpoint: structOf([['PhoneNumber', '+15550100']]),
  customer: structOf([['Name', 'Ann']]),
};

const newScopes = () => new DataScopes(known, new VirtualClock(Date.UTC(2026, 2, 4)));

describe('scopes', () => {
  it('have what is known of the call', () => {
    const data = newScopes();
    expect(data.read('Session', 'To')).toBe('+15550111');
    expect(data.read('Endpoint', 'PhoneNumber')).toBe('+15550100');
    expect(data.read('Customer', 'Name')).toBe('Ann');
    expect(data.read('System', 'Now')).toBe('2026-03-04T00:00:00.000Z');
    expect(data.read('User', 'Name')).toBeUndefined();
    expect(data.read('Session', 'constructor')).toBeUndefined();
    expect(data.view()).toMatchObject({ Session: known.session, Customer: { Name: 'Ann' }, User: {} });
  });

  it('let flows write fields of Session, and nothing else', () => {
    const data = newScopes();
    data.write('Session', 'A', 1);
    data.write('Session', 'A', 'b');
    expect(data.read('Session', 'A')).toBe('b');
    expect(data.view()).toMatchObject({ Session: { A: 'b', Id: 's1' } });
    expect(data.session).toEqual({ A: 'b' });
    expect(() => data.write('Session', 'From', 'x')).toThrow('belongs to the call');
    expect(() => data.write('Customer', 'Name', 'x')).toThrow('cannot be changed by a flow');
    expect(() => data.write('Session', '', 'x')).toThrow(DataError);
    expect(() => data.write('Session', 'n'.repeat(101), 'x')).toThrow(DataError);
  });

  it('keep what was handed out as it was', () => {
    const data = newScopes();
    data.write('Session', 'A', 1);
    const before = data.session;
    data.write('Session', 'A', 2);
    expect(before).toEqual({ A: 1 });
  });
});

describe('room', () => {
  it('for a value is limited', () => {
    const data = newScopes();
    data.write('Session', 'A', 'x'.repeat(MAX_VALUE_SIZE - 8));
    expect(() => data.write('Session', 'A', 'x'.repeat(MAX_VALUE_SIZE))).toThrow(DataError);
  });

  it('for a session is limited, and what is replaced gives its room back', () => {
    const data = newScopes();
    const value = 'x'.repeat(60_000);
    for (const name of ['A', 'B', 'C', 'D']) data.write('Session', name, value);
    for (let round = 0; round < 10; round += 1) data.write('Session', 'A', value);
    expect(() => data.write('Session', 'E', value)).toThrow(`A session may keep ${MAX_SESSION_SIZE} characters of data.`);
    data.write('Session', 'A', '');
    data.write('Session', 'E', value);
    expect(data.read('Session', 'E')).toBe(value);
  });

  it('is taken by parameters, and given back when the flow is left', () => {
    const data = newScopes();
    for (let round = 0; round < 10; round += 1) {
      data.enter(new Set(['P']), structOf([['P', 'x'.repeat(60_000)]]));
      data.write('Session', 'P', 'y'.repeat(60_000));
      data.leave();
    }
    const full = structOf(['A', 'B', 'C', 'D'].map((name) => [name, 'x'.repeat(60_000)] as const));
    data.enter(new Set(), full);
    expect(() => data.enter(new Set(), full)).toThrow(DataError);
  });
});

describe('parameters of a flow', () => {
  it('hide fields of Session while the flow runs, also when they have no value', () => {
    const data = newScopes();
    data.write('Session', 'A', 'outer');
    data.enter(new Set(['A', 'B', 'From']), structOf([['B', 'given']]));
    expect([data.read('Session', 'A'), data.read('Session', 'B'), data.read('Session', 'From')]).toEqual([undefined, 'given', undefined]);
    expect(data.view()).toMatchObject({ Session: { B: 'given', Id: 's1' } });
    expect(data.view().Session).not.toHaveProperty('A');
    data.write('Session', 'A', 'inner');
    data.write('Session', 'C', 'session');
    expect(data.parametersAt(0)).toEqual({ A: 'inner', B: 'given' });
    expect(data.leave()).toEqual({ A: 'inner', B: 'given' });
    expect(data.session).toEqual({ A: 'outer', C: 'session' });
    expect(data.read('Session', 'A')).toBe('outer');
  });

  it('are seen by their own flow only', () => {
    const data = newScopes();
    data.enter(new Set(['A']), structOf([['A', 1]]));
    data.enter(new Set(), structOf([]));
    expect(data.read('Session', 'A')).toBeUndefined();
    data.write('Session', 'A', 2);
    expect(data.session).toEqual({ A: 2 });
    data.leave();
    expect(data.read('Session', 'A')).toBe(1);
  });
});
