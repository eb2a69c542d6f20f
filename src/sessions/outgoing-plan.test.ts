import { describe, expect, it } from 'vitest';
import { plainTrunk } from '../../test/support/carriers.ts';
import { flowOf } from '../../test/support/flow-builder.ts';
import { freshId } from '../../test/support/sessions.ts';
import { checkCallbackUrl } from '../callbacks/callback-url.ts';
import { addressCheck } from '../callbacks/public-address.ts';
import type { PlaceCall } from '../contracts/calls.ts';
import type { RequestOf } from '../contracts/dto.ts';
import type { FlowInfo } from '../contracts/flows.ts';
import type { Principal } from '../directory/principal.ts';
import { compileFlow } from '../flow/compile-flow.ts';
import { AppError } from '../kernel/errors.ts';
import { seededRandom } from '../kernel/random.ts';
import { planOutgoing } from './outgoing-plan.ts';

const ACCOUNT = freshId();
const manager: Principal = { userId: 'u', emailAddress: 'm@example.com', roles: ['Manager'], accountIds: [ACCOUNT] };
const administrator: Principal = { ...manager, roles: ['SystemAdministrator'], accountIds: [] };
const flow = { flowId: 'flow-1', accountId: ACCOUNT, version: 3, flow: flowOf({ wait: ['WaitNode'] }) };
const trunk = plainTrunk('127.0.0.1', { accountId: ACCOUNT, maxChannels: 1, callsPerSecond: 1 });
const numbers = ['+18144043001', '+18144043002', '+18144043003'].map((e164) => ({ endpointId: `endpoint of ${e164}`, e164 }));
const compiled = compileFlow(flow);
const random = seededRandom(1);
const nowMs = Date.UTC(2026, 0, 1, 12);
const mayReach = addressCheck();
const request = { flowId: 'flow-1', numberToDial: '+1 (814) 404-3093' };

function planned(principal: Principal, asked: RequestOf<typeof PlaceCall>, owned = numbers, trunks = [trunk]) {
  const directory = {
    flows: {
      load: async (id: string) => (id === 'flow-1' ? flow : undefined),
      loadVersion: async () => undefined,
      compile: async (own: FlowInfo) => compileFlow({ flowId: '', version: 0, flow: own }),
    },
    compiledFlows: { of: () => compiled },
    phoneNumbers: { ownedVoiceNumbers: async (accountId: string) => (accountId === ACCOUNT ? owned : []) },
    trunks: { ofAccount: async (accountId: string) => (accountId === ACCOUNT ? trunks : []) },
  };
  const callbacks = { problemOf: (url: string) => checkCallbackUrl(url, mayReach) };
  return planOutgoing(principal, asked, directory, { callbacks, random, nowMs });
}

const plan = (principal: Principal, more: RequestOf<typeof PlaceCall>, owned = numbers, trunks = [trunk]) =>
  planned(principal, { ...request, ...more }, owned, trunks);

/** The members that were refused, in order, each with what is wrong with it. */
async function refusals(asked: RequestOf<typeof PlaceCall>): Promise<string[]> {
  const refusal = await planned(manager, asked).catch((error: unknown) => error);
  if (!(refusal instanceof AppError)) throw new Error('Not refused');
  return refusal.fields.map(({ fieldName, message }) => `${fieldName}: ${message}`);
}

describe('planOutgoing', () => {
  it('takes the account from the flow, and writes the number in E.164', async () => {
    expect(await plan(manager, { callerId: '+18144043002' })).toEqual({
      accountId: ACCOUNT,
      flow: { compiled },
      to: '+18144043093',
      callerId: numbers[1],
      trunks: [trunk],
      options: {},
    });
  });

  it('serves who sees every account', async () => {
    expect((await plan(administrator, {})).flow.compiled).toBe(compiled);
  });

  it('chooses among all numbers that the account owns when none is given', async () => {
    const chosen = new Set<string>();
    for (let call = 0; call < 60; call++) chosen.add((await plan(manager, { callerId: '' })).callerId.e164);
    expect([...chosen].sort()).toEqual(numbers.map(({ e164 }) => e164));
  });

  it('says so when the account owns no number to call from', async () => {
    const refused = plan(manager, {}, []);
    await expect(refused).rejects.toMatchObject({ code: 'NO_CALLER_ID', status: 400, fields: [{ fieldName: 'CallerId' }] });
  });

  it('says so when the account has no trunk', async () => {
    await expect(plan(manager, {}, numbers, [])).rejects.toMatchObject({ code: 'NO_TRUNK', status: 503, retryAfterSeconds: 60 });
    await expect(plan(manager, {}, numbers, [{ ...trunk, prefixes: ['+49'] }])).rejects.toMatchObject({
      code: 'NO_ROUTE',
      fields: [{ fieldName: 'NumberToDial' }],
    });
  });

  it('refuses a flow, an account and a caller ID that belong to others', async () => {
    const stranger: Principal = { ...manager, accountIds: [freshId()] };
    await expect(plan(stranger, {})).rejects.toMatchObject({ code: 'FLOW_NOT_FOUND' });
    await expect(plan(manager, { accountId: freshId() })).rejects.toMatchObject({ fields: [{ fieldName: 'AccountId' }] });
    await expect(plan(manager, { callerId: '+18144049999' })).rejects.toMatchObject({ code: 'CALLER_ID_NOT_OWNED' });
    await expect(planned(stranger, { ...inline, accountId: ACCOUNT })).rejects.toMatchObject({ status: 403 });
  });
});

const inline = { flow: { name: 'One call', nodes: flow.flow.nodes ?? [] }, numberToDial: '+18144043093' };

describe('a call with a flow of its own', () => {
  it('belongs to the one account of the login, or to the one that is named', async () => {
    for (const [principal, more] of [
      [manager, {}],
      [administrator, { accountId: ACCOUNT }],
    ] as const) {
      const { accountId, flow: own } = await planned(principal, { ...inline, ...more });
      expect([accountId, own.own, own.compiled.flowId]).toEqual([ACCOUNT, inline.flow, '']);
    }
  });

  it('is told which of its accounts, when the login has none or several', async () => {
    await expect(planned(administrator, inline)).rejects.toMatchObject({ status: 400, fields: [{ fieldName: 'AccountId' }] });
  });
});

describe('the options of a call', () => {
  it('are all kept', async () => {
    const other = { ...trunk, trunkId: 'trunk-2' };
    const { options, trunks, trunkId, notBeforeMs, expiresAtMs } = await plan(
      manager,
      {
        trunkId: 'TRUNK-2',
        ringTimeoutInSeconds: 300,
        maxDurationInSeconds: 14_400,
        record: true,
        sipHeaders: { 'X-Campaign': 'Spring ☀' },
        metadata: { order: '17' },
        notBefore: '2026-01-31T12:00:00Z',
        expiresAt: '2026-01-31T14:00:00.5+01:00',
        statusCallback: { url: 'https://hooks.example.com/', events: ['Completed', 'Answered', 'Completed'] },
      },
      numbers,
      [trunk, other],
    );
    expect(options).toEqual({
      ringTimeoutMs: 300_000,
      maxDurationMs: 14_400_000,
      record: true,
      sipHeaders: { 'X-Campaign': 'Spring ☀' },
      metadata: { order: '17' },
      statusCallback: { url: 'https://hooks.example.com/', events: ['Answered', 'Completed'] },
    });
    expect([trunks, trunkId]).toEqual([[other], 'trunk-2']);
    expect([notBeforeMs, expiresAtMs]).toEqual([Date.UTC(2026, 0, 31, 12), Date.UTC(2026, 0, 31, 13, 0, 0, 500)]);
  });

  it('that say nothing are as if they were not there', async () => {
    const { options } = await plan(manager, {
      record: false,
      sipHeaders: {},
      metadata: {},
      notBefore: '',
      expiresAt: '',
      trunkId: '',
    });
    expect(options).toEqual({});
    const told = await plan(manager, { statusCallback: { url: 'https://hooks.example.com/', events: [] } });
    expect(told.options.statusCallback?.events).toEqual(['Initiated', 'Ringing', 'Answered', 'Completed']);
  });

  it('may ask for a time that is past: the call is dialled at once', async () => {
    expect((await plan(manager, { notBefore: '2025-12-31T00:00:00Z' })).notBeforeMs).toBe(Date.UTC(2025, 11, 31));
  });

  it('are refused together, each by its name', async () => {
    const found = await refusals({
      ...inline,
      flowId: 'flow-1',
      numberToDial: '110',
      ringTimeoutInSeconds: 301,
      maxDurationInSeconds: 0,
      sipHeaders: { 'X-Evil': 'a\r\nVia: b' },
      metadata: { '': 'nameless' },
      notBefore: '2026-02-01T12:00:00Z',
      expiresAt: '2026-01-01T11:00:00Z',
      statusCallback: { url: 'http://127.0.0.1/' },
    });
    expect(found.map((line) => line.split(':')[0])).toEqual([
      'Flow',
      'NumberToDial',
      'RingTimeoutInSeconds',
      'MaxDurationInSeconds',
      'SipHeaders',
      'Metadata',
      'StatusCallback.Url',
      'NotBefore',
      'ExpiresAt',
    ]);
  });

  it.each<[string, RequestOf<typeof PlaceCall>, string]>([
    ['no flow', { flowId: '' }, 'FlowId'],
    ['no number', { numberToDial: '' }, 'NumberToDial'],
    ['half a second', { ringTimeoutInSeconds: 0.5 }, 'RingTimeoutInSeconds'],
    ['too long a call', { maxDurationInSeconds: 14_401 }, 'MaxDurationInSeconds'],
    ['a header of SIP', { sipHeaders: { Via: 'x' } }, 'SipHeaders'],
    ['a header that is no token', { sipHeaders: { 'X-A B': 'x' } }, 'SipHeaders'],
    ['a header in two spellings', { sipHeaders: { 'X-A': '1', 'x-a': '2' } }, 'SipHeaders'],
    ['a header that is too long', { sipHeaders: { 'X-A': 'x'.repeat(256) } }, 'SipHeaders'],
    ['half a character', { sipHeaders: { 'X-A': '\ud800' } }, 'SipHeaders'],
    ['many headers', { sipHeaders: Object.fromEntries(Array.from({ length: 21 }, (_, nth) => [`X-${nth}`, 'x'])) }, 'SipHeaders'],
    ['much metadata', { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, nth) => [`m${nth}`, 'x'])) }, 'Metadata'],
    ['long metadata', { metadata: { text: 'x'.repeat(1001) } }, 'Metadata'],
    ['metadata with a long name', { metadata: { ['x'.repeat(101)]: '' } }, 'Metadata'],
    ['a time without a zone', { notBefore: '2026-01-02T12:00:00' }, 'NotBefore'],
    ['a day that is not there', { notBefore: '2026-02-31T12:00:00Z' }, 'NotBefore'],
    ['no time', { expiresAt: 'tomorrow' }, 'ExpiresAt'],
    ['an end before the begin', { notBefore: '2026-01-03T12:00:00Z', expiresAt: '2026-01-02T12:00:00Z' }, 'ExpiresAt'],
    ['a callback without an address', { statusCallback: { events: ['Answered'] } }, 'StatusCallback.Url'],
    ['a callback into our network', { statusCallback: { url: 'https://192.168.0.1/' } }, 'StatusCallback.Url'],
    ['a callback to no web server', { statusCallback: { url: 'ftp://hooks.example.com/' } }, 'StatusCallback.Url'],
    ['a trunk of somebody else', { trunkId: 'trunk-9' }, 'TrunkId'],
  ])('%s is refused', async (_what, more, member) => {
    const found = await refusals({ ...request, ...more });
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(new RegExp(`^${member}: .{10}`));
  });
});
