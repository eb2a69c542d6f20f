import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import type { Principal } from './principal.ts';
import { Trunks } from './trunks.ts';

let directory: TestDirectory;
let accountId: string;
let manager: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
}, 60_000);
afterAll(() => directory.close());
beforeEach(async () => {
  ({ accountId, manager } = await newTenant(directory));
});

describe('trunks', () => {
  it('without a port or a transport leave both to the name servers', async () => {
    const tls = await directory.trunks.create(manager, { host: 'sip.example.com', transport: 'Tls' });
    expect(tls).toMatchObject({ transport: 'Tls' });
    expect(tls).not.toHaveProperty('port');
    await directory.clock.advance(1);
    await directory.trunks.create(manager, { host: 'sip.example.com' });
    expect((await directory.trunks.ofAccount(accountId)).map(({ targets }) => targets)).toEqual([
      [{ host: 'sip.example.com', transport: 'tls', priority: 0, weight: 1 }],
      [{ host: 'sip.example.com', priority: 0, weight: 1 }],
    ]);
  });

  const full = {
    name: 'Carrier',
    host: 'sip.example.com',
    port: 5070,
    transport: 'Tcp',
    userName: 'user',
    password: 'hunter2',
    maxChannels: 5,
    callsPerSecond: 0.5,
    ringTimeoutInSeconds: 20,
    srtp: 'Required',
  } as const;

  it('take what is given and defaults for the rest', async () => {
    expect(await directory.trunks.create(manager, full)).toMatchObject({
      type: 'SipTrunk',
      displayName: 'Carrier',
      hasPassword: true,
      port: 5070,
      transport: 'Tcp',
      srtp: 'Required',
    });
    await directory.clock.advance(1);
    const plain = await directory.trunks.create(manager, { host: '192.0.2.1' });
    expect(plain).toMatchObject({
      displayName: '192.0.2.1',
      maxChannels: 100,
      callsPerSecond: 50,
      ringTimeoutInSeconds: 60,
      srtp: 'Off',
      hasPassword: false,
    });
    const [first, second] = await directory.trunks.ofAccount(accountId);
    expect(first).toEqual({
      trunkId: expect.any(String),
      accountId,
      name: 'Carrier',
      targets: [{ host: 'sip.example.com', port: 5070, transport: 'tcp', priority: 0, weight: 1 }],
      userName: 'user',
      password: 'hunter2',
      maxChannels: 5,
      callsPerSecond: 0.5,
      ringTimeoutMs: 20_000,
      srtp: 'required',
      prefixes: [],
      priority: 0,
      identity: 'none',
      callerSource: 'asserted',
      namesDiversion: false,
      inbandDigits: 'fallback',
      rtpSource: 'latch',
      isCallerAnonymous: false,
      sipHeaders: {},
    });
    expect(second).toMatchObject({ targets: [{ host: '192.0.2.1', priority: 0, weight: 1 }], ringTimeoutMs: 60_000, srtp: 'off' });
    expect(second).not.toHaveProperty('password');
  });

  it('never show the password again, and keep it encrypted', async () => {
    const made = await directory.trunks.create(manager, full);
    const shown = JSON.stringify([
      made,
      await directory.endpoints.get(manager, { endpointId: made.id ?? '' }),
      await directory.endpoints.list(manager, {}),
    ]);
    expect(shown).not.toContain('hunter2');
    const [row] = await directory.store.endpoints.ofAccount(accountId, 'SipTrunk');
    expect(row?.passwordBox).toMatch(/^v1\./);
    expect(JSON.stringify(row)).not.toContain('hunter2');
  });

  it('keep what a change does not name; an empty password removes it', async () => {
    const { id } = await directory.trunks.create(manager, full);
    // Ids are the same in any case, and the password must still open.
    const endpointId = (id ?? '').toUpperCase();
    await directory.endpoints.patch(manager, { endpointId, maxChannels: 7, password: 'changed' });
    expect((await directory.trunks.ofAccount(accountId))[0]).toMatchObject({
      maxChannels: 7,
      password: 'changed',
      userName: 'user',
      targets: [{ port: 5070 }],
    });
    expect(await directory.endpoints.patch(manager, { endpointId, password: '', userName: '' })).toMatchObject({ hasPassword: false });
    expect((await directory.trunks.ofAccount(accountId))[0]).not.toHaveProperty('userName');
    await directory.endpoints.remove(manager, { endpointId });
    expect(await directory.trunks.ofAccount(accountId)).toEqual([]);
  });

  it('do not open under another secret key', async () => {
    await directory.trunks.create(manager, full);
    const { secretBox } = await import('../store/secret-box.ts');
    const { store, clock } = directory;
    const { systemRandom } = await import('../kernel/random.ts');
    const other = new Trunks({
      endpoints: store.endpoints,
      changes: store.changes,
      box: secretBox('quite another secret'),
      clock,
      random: systemRandom,
    });
    await expect(other.ofAccount(accountId)).rejects.toMatchObject({
      code: 'BAD_SETTING',
      message: expect.stringMatching(/^RINGFLOW_SECRET_KEY/),
    });
  });

  it.each([
    [{ host: '' }, 'Host'],
    [{ host: 'sip.example.com:5060' }, 'Host'],
    [{ host: 'a b' }, 'Host'],
    [{ host: '-a.example' }, 'Host'],
    [{ host: '1.2.3' }, 'Host'],
    [{ host: '999.1.1.1' }, 'Host'],
    [{ host: `${'a'.repeat(64)}.example` }, 'Host'],
    [{ host: 'sip:user@host' }, 'Host'],
    [{ host: 'a\r\nContact: x' }, 'Host'],
    [{ port: 0 }, 'Port'],
    [{ port: 65_536 }, 'Port'],
    [{ port: 1.5 }, 'Port'],
    [{ transport: 'Sctp' as 'Udp' }, 'Transport'],
    [{ maxChannels: 0 }, 'MaxChannels'],
    [{ maxChannels: 10_001 }, 'MaxChannels'],
    [{ callsPerSecond: 0.05 }, 'CallsPerSecond'],
    [{ callsPerSecond: Number.NaN }, 'CallsPerSecond'],
    [{ ringTimeoutInSeconds: 4 }, 'RingTimeoutInSeconds'],
    [{ ringTimeoutInSeconds: 601 }, 'RingTimeoutInSeconds'],
    [{ srtp: 'On' as 'Off' }, 'Srtp'],
    [{ userName: 'a"\r\nb' }, 'UserName'],
    [{ password: 'p'.repeat(201) }, 'Password'],
    [{ name: 'n\u0000' }, 'Name'],
  ])('are refused: %o', async (members, fieldName) => {
    await expect(directory.trunks.create(manager, { ...full, ...members })).rejects.toMatchObject({
      status: 400,
      fields: expect.arrayContaining([expect.objectContaining({ fieldName })]),
    });
  });

  const two = [
    { host: 'b.example', port: 5080, priority: 2 },
    { host: 'a.example', transport: 'Tls', priority: 1, weight: 3 },
  ] as const;

  it('may have several targets, of which the first in order is shown as their own host', async () => {
    const made = await directory.trunks.create(manager, { targets: [...two] });
    expect(made).toMatchObject({ displayName: 'a.example', host: 'a.example', transport: 'Tls', targets: two });
    expect((await directory.trunks.ofAccount(accountId))[0]?.targets).toEqual([
      { host: 'b.example', port: 5080, priority: 2, weight: 1 },
      { host: 'a.example', transport: 'tls', priority: 1, weight: 3 },
    ]);
    const endpointId = made.id ?? '';
    expect(await directory.endpoints.patch(manager, { endpointId, maxChannels: 3 })).toMatchObject({ targets: two, maxChannels: 3 });
    await expect(directory.endpoints.patch(manager, { endpointId, port: 5090 })).rejects.toMatchObject({
      code: 'INVALID_MEMBER',
      fields: [{ fieldName: 'Targets' }],
    });
    const one = await directory.endpoints.patch(manager, { endpointId, targets: [], host: 'c.example', port: 5060, transport: 'Udp' });
    expect(one).toMatchObject({ host: 'c.example', targets: [] });
    expect((await directory.trunks.ofAccount(accountId))[0]?.targets).toEqual([
      { host: 'c.example', port: 5060, transport: 'udp', priority: 0, weight: 1 },
    ]);
  });

  it('keep how calls are to be written, and a change of one member leaves the others', async () => {
    const asked = {
      domain: 'carrier.example',
      calledFormat: { style: 'National', countryCode: '49' },
      callerFormat: { style: 'E164WithoutPlus', addPrefix: '9' },
      identityHeader: 'PAssertedIdentity',
      sipHeaders: { 'X-Tenant': 'blue' },
      codecs: ['PCMA', 'opus'],
      digits: 'Info',
      inbandDigits: 'Always',
      rtpSource: 'Offered',
      callerSource: 'From',
    } as const;
    const { id } = await directory.trunks.create(manager, { host: 'a.example', ...asked, codecs: [...asked.codecs] });
    expect(await directory.endpoints.patch(manager, { endpointId: id ?? '', isCallerAnonymous: true })).toMatchObject(asked);
    const { identityHeader: _header, digits: _digits, inbandDigits: _inband, rtpSource: _source, callerSource: _caller, ...kept } = asked;
    expect((await directory.trunks.ofAccount(accountId))[0]).toMatchObject({
      ...kept,
      identity: 'asserted',
      digits: 'info',
      inbandDigits: 'always',
      rtpSource: 'offered',
      callerSource: 'from',
      isCallerAnonymous: true,
    });
    await directory.endpoints.patch(manager, { endpointId: id ?? '', domain: '', codecs: [], identityHeader: 'None' });
    const [trunk] = await directory.trunks.ofAccount(accountId);
    expect(trunk).toMatchObject({ identity: 'none' });
    expect(trunk).not.toHaveProperty('domain');
    expect(trunk).not.toHaveProperty('codecs');
  });

  it('take calls from their hosts, or from the sources that they allow', async () => {
    const ours = async () => (await directory.store.endpoints.trunkHosts()).filter((one) => one.accountId === accountId);
    const { id } = await directory.trunks.create(manager, { targets: [...two, { host: 'a.example', port: 9 }] });
    expect((await ours()).map(({ host, isDomain }) => [host, isDomain])).toEqual([
      ['b.example', false],
      ['a.example', true],
    ]);
    await directory.endpoints.patch(manager, { endpointId: id ?? '', allowedSources: ['192.0.2.0/24', '2001:db8::1'] });
    expect((await ours()).map(({ host }) => host)).toEqual(['192.0.2.0/24', '2001:db8::1']);
    await directory.endpoints.patch(manager, { endpointId: id ?? '', allowedSources: [] });
    expect((await ours()).length).toBe(2);
  });

  it.each<[Parameters<TestDirectory['trunks']['create']>[1], string]>([
    [{ host: 'a.example', targets: [{ host: 'b.example' }] }, 'Targets'],
    [{ targets: [{}] }, 'Targets[0].Host'],
    [{ targets: [{ host: 'a.example' }, { host: 'a b' }] }, 'Targets[1].Host'],
    [{ targets: [{ host: 'a.example', port: 0 }] }, 'Targets[0].Port'],
    [{ targets: [{ host: 'a.example', transport: 'Ws' as 'Udp' }] }, 'Targets[0].Transport'],
    [{ targets: [{ host: 'a.example', priority: -1 }] }, 'Targets[0].Priority'],
    [{ targets: [{ host: 'a.example', weight: 0.5 }] }, 'Targets[0].Weight'],
    [{ targets: Array.from({ length: 17 }, () => ({ host: 'a.example' })) }, 'Targets'],
    [{ targets: [] }, 'Host'],
    [{ host: 'a.example', prefixes: ['49'] }, 'Prefixes'],
    [{ host: 'a.example', prefixes: ['+0'] }, 'Prefixes'],
    [{ host: 'a.example', prefixes: Array.from({ length: 1001 }, () => '+49') }, 'Prefixes'],
    [{ host: 'a.example', priority: -1 }, 'Priority'],
    [{ host: 'a.example', domain: 'a b' }, 'Domain'],
    [{ host: 'a.example', calledFormat: { style: 'National' as const } }, 'CalledFormat.CountryCode'],
    [{ host: 'a.example', calledFormat: { style: 'Local' as 'E164' } }, 'CalledFormat.Style'],
    [{ host: 'a.example', callerFormat: { addPrefix: '1@evil.example' } }, 'CallerFormat.AddPrefix'],
    [{ host: 'a.example', callerFormat: { stripPrefix: '1\r\n' } }, 'CallerFormat.StripPrefix'],
    [{ host: 'a.example', identityHeader: 'RemotePartyId' as 'None' }, 'IdentityHeader'],
    [{ host: 'a.example', sipHeaders: { Via: 'x' } }, 'SipHeaders'],
    [{ host: 'a.example', sipHeaders: { 'X-A': 'b\r\nVia: c' } }, 'SipHeaders'],
    [{ host: 'a.example', sipHeaders: { 'X-A': 'b', 'x-a': 'c' } }, 'SipHeaders'],
    [{ host: 'a.example', sipHeaders: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`X-${at}`, 'b'])) }, 'SipHeaders'],
    [{ host: 'a.example', codecs: ['GSM' as 'PCMU'] }, 'Codecs'],
    [{ host: 'a.example', digits: 'Inband' as 'Info' }, 'Digits'],
    [{ host: 'a.example', inbandDigits: 'Sometimes' as 'Off' }, 'InbandDigits'],
    [{ host: 'a.example', rtpSource: 'Any' as 'Latch' }, 'RtpSource'],
    [{ host: 'a.example', callerSource: 'RemotePartyId' as 'From' }, 'CallerSource'],
    [{ host: 'a.example', registration: { contactUser: 'a b' } }, 'Registration.ContactUser'],
    [{ host: 'a.example', registration: { expiresInSeconds: 59 } }, 'Registration.ExpiresInSeconds'],
    [{ host: 'a.example', codecs: ['PCMU', 'PCMU'] }, 'Codecs'],
    [{ host: 'a.example', healthCheckIntervalInSeconds: 4 }, 'HealthCheckIntervalInSeconds'],
    [{ host: 'a.example', healthCheckIntervalInSeconds: 3601 }, 'HealthCheckIntervalInSeconds'],
    [{ host: 'a.example', allowedSources: ['carrier.example'] }, 'AllowedSources'],
    [{ host: 'a.example', allowedSources: ['0.0.0.0/0'] }, 'AllowedSources'],
    [{ host: 'a.example', allowedSources: ['2000::/3'] }, 'AllowedSources'],
    [{ host: 'a.example', allowedSources: ['10.0.0.1/33'] }, 'AllowedSources'],
    [{ host: 'a.example', allowedSources: ['10.1'] }, 'AllowedSources'],
  ])('are refused with targets that cannot be used: %o', async (members, fieldName) => {
    await expect(directory.trunks.create(manager, members)).rejects.toMatchObject({
      status: 400,
      fields: expect.arrayContaining([expect.objectContaining({ fieldName })]),
    });
  });

  it.each(['192.0.2.1', '2001:db8::1', 'localhost', 'sip-1.example.com', 'xn--bcher-kva.example'])('take the host %s', async (host) => {
    expect(await directory.trunks.create(manager, { host })).toMatchObject({ host });
  });
});
