import { describe, expect, it } from 'vitest';
import { plainTrunk, targetAt } from '../../test/support/carriers.ts';
import { flowOf } from '../../test/support/flow-builder.ts';
import type { FlowInfo } from '../contracts/flows.ts';
import type { Trunk } from '../directory/trunks.ts';
import type { CallingUser, IncomingCall } from '../telephony/port.ts';
import { digestSecrets } from '../telephony/sip/digest.ts';
import { CompiledFlows } from './compiled-flows.ts';
import { type IncomingDirectory, planIncoming } from './incoming-plan.ts';

const CARRIER = '10.0.1.1';
const NUMBER = '+18144043000';
const stored = { flowId: 'flow-1', accountId: 'account-1', version: 1, flow: flowOf({ bye: ['HangUpNode'] }) };
const runs = { flowId: 'flow-1', parameters: {} };
const alice: CallingUser = { userId: 'id of alice', userName: 'alice' };

interface Scene {
  readonly trunk?: Partial<Trunk>;
  /** Another trunk of the same carrier. */
  readonly other?: Partial<Trunk>;
  /** The flow of the number, and of the user. */
  readonly flow?: FlowInfo;
  /** Of which account the flow of the number, and of the user, is. */
  readonly flowOf?: string;
  readonly call?: Partial<IncomingCall>;
  /** Under which id the user is known whose name the caller has. */
  readonly knownAs?: string;
}

/** What becomes of a call for the number of an account, which has one trunk and one user. */
function planned({ trunk, other, flow: info = stored.flow, flowOf: accountId = 'account-1', call, knownAs = alice.userId }: Scene) {
  const flow = { ...stored, flow: info, accountId };
  const directory: IncomingDirectory = {
    flows: { load: async () => flow },
    compiledFlows: new CompiledFlows({ load: async () => undefined }),
    phoneNumbers: {
      ownedVoiceNumbers: async (owner) => (owner === 'account-1' ? [{ endpointId: 'endpoint-1', e164: NUMBER, flow: runs }] : []),
    },
    trunks: {
      ofAccount: async () => [plainTrunk(CARRIER, trunk), ...(other ? [plainTrunk(CARRIER, { trunkId: 'trunk-2', ...other })] : [])],
    },
    trunkSources: {
      at: async (address) =>
        address === CARRIER ? ['trunk-1', ...(other ? ['trunk-2'] : [])].map((trunkId) => ({ trunkId, accountId: 'account-1' })) : [],
    },
    users: {
      any: async () => true,
      find: async (name) =>
        name === 'alice'
          ? {
              userId: knownAs,
              accountId: 'account-1',
              displayName: 'Alice',
              digits: 'info',
              flow: runs,
              secrets: digestSecrets('alice', 'r', 'secret'),
            }
          : undefined,
    },
  };
  return planIncoming(
    {
      callId: 'call',
      from: '+18145550001',
      asserted: [],
      forwarders: [],
      to: NUMBER,
      dialled: NUMBER,
      source: { address: CARRIER, port: 5060, transport: 'udp' },
      hasCredentials: false,
      identify: async () => alice,
      ring: () => {},
      reject: () => {},
      reserve: () => Promise.reject(new Error('Nothing is reserved for a plan')),
      ...call,
    },
    directory,
  );
}

describe('a call that comes in', () => {
  it('by a trunk has audio as the trunk says', async () => {
    const media = { srtp: 'required', codecs: ['PCMA'], digits: 'info', inbandDigits: 'always', rtpSource: 'offered' } as const;
    expect(await planned({ trunk: media })).toMatchObject({ line: { media } });
  });

  it('by a trunk is for a number of its account', async () => {
    expect(await planned({})).toMatchObject({ accountId: 'account-1', endpointId: 'endpoint-1', line: { trunkId: 'trunk-1' } });
  });

  it('by a carrier of two accounts is for the number of whichever has it', async () => {
    const trunk = { accountId: 'account-2' };
    const other = { targets: [targetAt(CARRIER, { port: 5070 })] };
    expect(await planned({ trunk, other })).toMatchObject({ accountId: 'account-1', line: { trunkId: 'trunk-2' } });
    expect(await planned({ trunk })).toEqual({ refused: 'unknown-number', status: 404 });
  });

  it.each([
    [5060, 'trunk-1'],
    [5070, 'trunk-2'],
    [40_000, 'trunk-1'],
  ])('from port %s, of two trunks at one address, is by %s', async (port, trunkId) => {
    const other = { targets: [targetAt(CARRIER, { port: 5070 })] };
    const source = { address: CARRIER, port, transport: 'udp' } as const;
    expect(await planned({ other, call: { source } })).toMatchObject({ line: { trunkId } });
  });

  it('with credentials of ours is that of a user, also where a carrier is', async () => {
    const plan = await planned({ call: { hasCredentials: true } });
    expect(plan).toMatchObject({ endpointId: alice.userId, from: 'alice', line: { userId: alice.userId, media: { digits: 'info' } } });
  });

  it('from a user is from that user, whatever it asserts', async () => {
    const plan = await planned({ call: { hasCredentials: true, asserted: ['+4930123456'] } });
    expect(plan).toMatchObject({ from: 'alice' });
    expect(plan).not.toHaveProperty('writtenFrom');
  });

  it('in clear is none of a trunk over TLS', async () => {
    const trunk = { targets: [targetAt(CARRIER, { transport: 'tls', port: 5061 })] };
    const identify = async (): Promise<undefined> => undefined;
    expect(await planned({ trunk, call: { identify } })).toBe('answered');
    const source = { address: CARRIER, port: 40_000, transport: 'tls' } as const;
    expect(await planned({ trunk, call: { identify, source } })).toMatchObject({ line: { trunkId: 'trunk-1' } });
  });

  const national: Partial<Trunk> = {
    calledFormat: { style: 'National', countryCode: '1', nationalPrefix: '1', addPrefix: '7*' },
    callerFormat: { style: 'National', countryCode: '49' },
  };

  it.each([
    ['as its trunk writes numbers', { dialled: '7*18144043000' }],
    ['so in To', { dialled: 'account', to: '7*18144043000;phone-context=+1' }],
    ['with +, whatever its trunk writes', { dialled: NUMBER }],
    ['as numbers are usually written', { dialled: '0018144043000' }],
  ])('is for the number that the carrier names %s', async (_what, call) => {
    expect(await planned({ trunk: national, call: { to: 'nobody', ...call } })).toMatchObject({ endpointId: 'endpoint-1', to: NUMBER });
  });

  it('is for nothing when its number is written otherwise', async () => {
    const call = { dialled: '7*8144043000', to: '78144043000' };
    expect(await planned({ trunk: national, call })).toEqual({ refused: 'unknown-number', status: 404 });
  });

  it.each([
    ['089123456', '+4989123456'],
    ['0018145550001', '+18145550001'],
    ['+18145550001', '+18145550001'],
    ['89123456', '89123456'],
    ['8144043093', '8144043093'],
    ['alice', 'alice'],
  ])('from %s, on a trunk where numbers are national, is from %s', async (written, from) => {
    expect(await planned({ trunk: national, call: { from: written } })).toMatchObject({ from });
    expect(await planned({ trunk: national, call: { from: 'pbx', asserted: ['gate', written] } })).toMatchObject({
      from: from.startsWith('+') ? from : 'gate',
      writtenFrom: 'pbx',
    });
  });

  it.each([
    ['number', {}, 404],
    ['user', { hasCredentials: true }, 403],
  ])('runs no flow of another account, whatever the %s names', async (_what, call, status) => {
    expect(await planned({ flowOf: 'account-2', call })).toEqual({ refused: 'no-flow', status });
  });

  it.each([
    ['number', {}, 404],
    ['user', { hasCredentials: true }, 403],
  ])('is refused when the flow of the %s cannot be run any more', async (_what, call, status) => {
    const flow = flowOf({ bye: ['NodeOfAnOlderRelease'] });
    expect(await planned({ flow, call })).toEqual({ refused: 'no-flow', status });
  });

  it('of a user runs nothing when the name has become that of somebody else', async () => {
    expect(await planned({ knownAs: 'id of another', call: { hasCredentials: true } })).toEqual({ refused: 'no-flow', status: 403 });
  });
});
