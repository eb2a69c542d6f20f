import { describe, expect, it } from 'vitest';
import { incomingScene } from '../support/incoming-scene.ts';

const ASSERTED = 'P-Asserted-Identity: "Ada" <sip:+4930123456@carrier.example>, <tel:+4930123456>';
const userFlow = { flowId: 'flow-1', parameters: {} };

describe('a call from a trunk', () => {
  it.each([
    ['a SIP URI', '<sip:+4930123456@carrier.example>'],
    ['a tel URI', '<tel:+49-30-123456>'],
    ['the one of two that is a number', '<sip:ada@carrier.example>, <tel:+4930123456>'],
  ])('is from whom the carrier asserts: %s; what From says is in the log', async (_what, value) => {
    const { caller, session, finish } = incomingScene();
    await caller.invite({ lines: [`P-Asserted-Identity: ${value}`] });
    await caller.ack();
    expect(session()?.row.fromAddress).toBe('+4930123456');
    expect(session()?.lines).toContain('From says +18145550001');
    await finish();
  });

  it.each([
    ['who wants it to be kept', [ASSERTED, 'Privacy: id'], {}],
    ['of whom nothing is asserted', ['P-Preferred-Identity: <sip:+4930123456@carrier.example>'], {}],
    ['of whom something broken is asserted', ['P-Asserted-Identity: <sip:+4930123456'], {}],
    ['of whom a user is asserted that cannot be read', ['P-Asserted-Identity: <sip:4930123456%zz@carrier.example>'], {}],
    ['whose trunk has callerSource From', [ASSERTED], { trunk: { callerSource: 'from' } }],
  ] as const)('is from whom From says, when it is by somebody %s', async (_who, lines, options) => {
    const { caller, session, finish } = incomingScene(options);
    await caller.invite({ lines });
    await caller.ack();
    expect(session()?.row.fromAddress).toBe('+18145550001');
    expect(JSON.stringify(session())).not.toContain('4930123456');
    await finish();
  });

  it('is anonymous when From has a user that cannot be read', async () => {
    const { caller, session, finish } = incomingScene();
    await caller.invite({ from: '%zz' });
    await caller.ack();
    expect([caller.statuses(), session()?.row.fromAddress]).toEqual([[100, 180, 200], 'anonymous']);
    await finish();
  });

  it('is from an anonymous caller who is asserted in private', async () => {
    const { caller, session, finish } = incomingScene();
    await caller.invite({ from: 'anonymous', lines: [ASSERTED, 'Privacy: id'] });
    await caller.ack();
    expect(session()?.row.fromAddress).toBe('anonymous');
    await finish();
  });
});

describe('an identity that is asserted by anybody else', () => {
  it('does not let in a stranger', async () => {
    const { world, caller, finish } = incomingScene({}, '10.0.0.3');
    await caller.invite({ lines: [ASSERTED] });
    await caller.ack({ refused: true });
    expect([caller.statuses(), world.refused]).toEqual([[100, 403], ['unknown-source']]);
    await finish();
  });

  it('does not spare a stranger the question for a password', async () => {
    const { world, caller, finish } = incomingScene({ userFlow }, '10.0.0.3');
    await caller.invite({ from: 'alice', lines: ['P-Asserted-Identity: <sip:alice@10.0.0.1>'] });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 407]);
    expect(world.sources).toEqual(['unauthenticated 10.0.0.3']);
    await finish();
  });
});
