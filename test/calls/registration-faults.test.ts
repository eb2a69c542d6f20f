import { describe, expect, it } from 'vitest';
import { nothingLeft } from '../support/call-world.ts';
import { granted, registeringTrunk } from '../support/registering-trunk.ts';

describe('a registrar', () => {
  it('that wants it ever longer is given up after six REGISTERs', async () => {
    const { requests, state, world, finish } = registeringTrunk((_request, nth) => [
      423,
      { headers: [['Min-Expires', String(1000 + nth)]] },
    ]);
    await world.clock.advance(1_000);
    expect([requests.length, state()]).toEqual([6, 'Failed']);
    expect(await finish()).toEqual(nothingLeft);
  });

  it.each([
    ['nothing of our contact', '<sip:alice@10.0.0.9>;expires=20'],
    ['a contact that cannot be read', '<sip:alice@10.0.0.1:5060'],
  ])('that says %s is believed in Expires', async (_what, contact) => {
    const { registrations, world, finish } = registeringTrunk(() => [
      200,
      {
        headers: [
          ['Contact', contact],
          ['Expires', '120'],
        ],
      },
    ]);
    await world.clock.advance(1_000);
    const lastsMs = Date.parse(registrations.stateOf('trunk-1')?.expires ?? '') - world.clock.now();
    expect(lastsMs).toBeGreaterThan(118_000);
    expect(lastsMs).toBeLessThanOrEqual(120_000);
    expect(await finish()).toEqual(nothingLeft);
  });

  it.each([
    ['when the server stops while it is asked', 0],
    ['when it is told the end', 1],
  ])('that is silent %s holds nobody up', async (_when, answers) => {
    const { registrations, world, finish } = registeringTrunk((_request, nth) => (nth <= answers ? granted(600) : undefined));
    await world.clock.advance(1_000);
    let closed = false;
    void registrations.close().then(() => {
      closed = true;
    });
    expect(await world.clock.runUntil(() => closed, 2_500)).toBe(true);
    expect(await finish()).toEqual(nothingLeft);
  });
});

describe('the registration of a trunk', () => {
  it('goes on while the database cannot say which server it is of', async () => {
    const { stored, state, expires, world, finish } = registeringTrunk(() => granted(3600));
    await world.clock.advance(1_000);
    stored.ours = new Error('The database is away');
    await world.clock.advance(20_000);
    expect([state(), expires()]).toEqual(['Registered', ['600']]);
    stored.ours = true;
    expect(await finish()).toEqual(nothingLeft);
  });

  it('fails when its password cannot be read, without a word to the registrar', async () => {
    const { requests, lines, state, stored, row, change, world, finish } = registeringTrunk(() => granted(600));
    stored.rows = [{ ...row, passwordBox: 'of another key' }];
    change();
    await world.clock.advance(1_000);
    expect([requests.length, state()]).toEqual([0, 'Failed']);
    expect(lines).toContain('The password of a trunk cannot be read');
    expect(await finish()).toEqual(nothingLeft);
  });
});
