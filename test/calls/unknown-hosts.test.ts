import { describe, expect, it } from 'vitest';
import { callWorld, nothingLeft, PHONE } from '../support/call-world.ts';
import { type DnsZone, dnsTable } from '../support/dns-table.ts';
import { flowOf } from '../support/flow-builder.ts';
import { granted, registeringTrunk } from '../support/registering-trunk.ts';

const HOST = 'sip.carrier.example';

describe('a trunk whose host no name server knows', () => {
  it('is down, and up when its checks find it', async () => {
    const known: { zone: DnsZone } = { zone: {} };
    const world = callWorld({
      flow: flowOf({ bye: ['HangUpNode'] }),
      dns: {
        naptr: (name) => dnsTable(known.zone).naptr(name),
        srv: (name) => dnsTable(known.zone).srv(name),
        addresses: (name, family) => dnsTable(known.zone).addresses(name, family),
      },
      trunkSettings: { targets: [{ host: HOST, port: 5060, transport: 'Udp' }], healthCheckIntervalInSeconds: 10 },
    });
    const state = () => world.targetHealth.statesOf('trunk-1')?.[0]?.state;
    await world.clock.advance(60_000);
    expect(state()).toBe('Down');
    known.zone = { addresses: { [HOST]: [PHONE] } };
    await world.clock.advance(60_000);
    expect(state()).toBe('Up');
    expect(await world.finish()).toEqual(nothingLeft);
  });

  it('is not registered, and is when its registrar is found', async () => {
    const { world, requests, row, stored, change, state, finish } = registeringTrunk(() => granted(600));
    stored.rows = [{ ...row, host: HOST }];
    change();
    await world.clock.advance(60_000);
    expect([requests, state()]).toEqual([[], 'Failed']);
    stored.rows = [row];
    change();
    await world.clock.advance(1_000);
    expect(state()).toBe('Registered');
    expect(await finish()).toEqual(nothingLeft);
  });
});
