import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import { digestSecrets } from '../telephony/sip/digest.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let accountId: string;
let manager: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
});
afterAll(() => directory.close());
beforeEach(async () => {
  ({ accountId, manager } = await newTenant(directory));
});

const binding = (key: string, { callId = key, cSeq = 1, expiresAtMs = 60_000 } = {}) => ({
  key,
  contact: `sip:${key}@10.0.0.2`,
  path: ['<sip:edge;lr>'],
  source: { address: '10.0.0.2', port: 5062, transport: 'tcp' as const },
  callId,
  cSeq,
  expiresAtMs: directory.clock.now() + expiresAtMs,
});

const adding = (...added: ReturnType<typeof binding>[]) => ({
  removeAll: false,
  removed: [],
  added,
  callId: added[0]?.callId ?? '',
  cSeq: added[0]?.cSeq ?? 0,
});

const keys = (bindings: readonly { readonly key: string }[] | undefined) => bindings?.map(({ key }) => key);

describe('users with phones', () => {
  it('have a name to register by, given or made, that exists once in the system', async () => {
    const flowId = (await directory.flows.create(manager, { name: 'Dialled' })).id ?? '';
    const made = await directory.userEndpoints.create(manager, {
      firstName: 'Ada',
      lastName: 'Lovelace',
      sipUserName: `Ada-${accountId.slice(-12)}`,
      flowId,
    });
    expect(made).toMatchObject({
      type: 'User',
      displayName: 'Ada Lovelace',
      userMode: 'SipPhone',
      sipUserName: `ada-${accountId.slice(-12)}`,
      hasPassword: false,
      flowId,
      accountId,
    });
    const other = await directory.userEndpoints.create(manager, { userMode: 'SoftPhone' });
    expect(other.sipUserName).toMatch(/^u[0-9a-f]{12}$/);
    expect(other.displayName).toBe(other.sipUserName);
    const { manager: stranger } = await newTenant(directory);
    await expect(directory.userEndpoints.create(stranger, { sipUserName: made.sipUserName ?? '' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const found = await directory.endpoints.list(administrator, { sipUserName: made.sipUserName?.toUpperCase() ?? '' });
    expect(found.items.map(({ id }) => id)).toEqual([made.id]);
  });

  it.each(['1000', '+18144043000', 'a', 'ab c', 'a@b', 'ä'.repeat(5), 'a'.repeat(33)])('are not called %s', async (sipUserName) => {
    await expect(directory.userEndpoints.create(manager, { sipUserName })).rejects.toMatchObject({
      fields: [{ fieldName: 'SipUserName' }],
    });
  });

  it('get a password that is told once, and of which only secrets for our realm are kept, encrypted', async () => {
    const { id = '', sipUserName = '' } = await directory.userEndpoints.create(manager, {});
    expect(await directory.sipUsers.find(sipUserName)).toBeUndefined();
    expect(await directory.sipUsers.any()).toBe(false);
    const first = await directory.userEndpoints.newPassword(manager, { id });
    expect(first).toEqual({ endpointId: id, sipUserName, realm: 'ringflow', password: expect.stringMatching(/^[\w-]{24}$/) });
    const secretsOf = (password = '') => digestSecrets(sipUserName, 'ringflow', password);
    expect(await directory.sipUsers.any()).toBe(true);
    expect((await directory.sipUsers.find(sipUserName.toUpperCase()))?.secrets).toEqual(secretsOf(first.password));
    const [row] = await directory.store.endpoints.ofAccount(accountId, 'User');
    for (const secret of [first.password ?? '', ...Object.values(secretsOf(first.password))])
      expect(JSON.stringify(row)).not.toContain(secret);

    const second = await directory.userEndpoints.newPassword(manager, { id });
    expect(second.password).not.toBe(first.password);
    expect((await directory.sipUsers.find(sipUserName))?.secrets).toEqual(secretsOf(second.password));
    expect((await directory.endpoints.get(manager, { endpointId: id })).hasPassword).toBe(true);
  });

  it('of another account, and endpoints of another type, get none', async () => {
    const { id = '' } = await directory.userEndpoints.create(manager, {});
    const { manager: stranger } = await newTenant(directory);
    const { id: trunkId = '' } = await directory.trunks.create(manager, { host: 'sip.example' });
    await expect(directory.userEndpoints.newPassword(stranger, { id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const wrong of [trunkId, freshId(), 'x'])
      await expect(directory.userEndpoints.newPassword(manager, { id: wrong })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are known to SIP with their flow, until they change or are gone', async () => {
    const flowId = (await directory.flows.create(manager, { name: 'Dialled' })).id ?? '';
    const { id = '', sipUserName = '' } = await directory.userEndpoints.create(manager, {});
    await directory.userEndpoints.newPassword(manager, { id });
    expect(await directory.sipUsers.find(sipUserName)).toMatchObject({ userId: id, accountId });
    await directory.endpoints.patch(manager, { endpointId: id, flowId });
    expect((await directory.sipUsers.find(sipUserName))?.flow).toEqual({ flowId, parameters: {} });
    await directory.endpoints.remove(manager, { endpointId: id });
    expect(await directory.sipUsers.find(sipUserName)).toBeUndefined();
  });

  it('are slowed down when their password is guessed, by address and user', () => {
    const { sipUsers } = directory;
    for (let nth = 0; nth < 5; nth++) expect(sipUsers.mayTry('guessed', '10.0.0.66')).toBe(true);
    expect(sipUsers.mayTry('guessed', '10.0.0.66')).toBe(false);
    expect(sipUsers.mayTry('guessed', '10.0.0.67')).toBe(true);
    expect(sipUsers.mayTry('other', '10.0.0.66')).toBe(true);
    sipUsers.succeeded('other', '10.0.0.66');
  });

  it('say how digits are sent to them, and nothing else that a trunk has', async () => {
    const name = `ada-${accountId.slice(-12)}`;
    const { id = '' } = await directory.userEndpoints.create(manager, { sipUserName: name, digits: 'Info' });
    await directory.userEndpoints.newPassword(manager, { id });
    expect(await directory.endpoints.get(manager, { endpointId: id })).toMatchObject({ digits: 'Info' });
    expect((await directory.sipUsers.find(name))?.digits).toBe('info');
    await directory.endpoints.patch(manager, { endpointId: id, digits: 'Rtp' });
    expect((await directory.sipUsers.find(name))?.digits).toBe('rtp');
    const { id: number = '' } = await directory.phoneNumbers.create(manager, { number: '+18144047001' });
    for (const refused of [
      directory.userEndpoints.create(manager, { digits: 'Inband' as 'Info' }),
      directory.endpoints.patch(manager, { endpointId: id, digits: 'Inband' as 'Info' }),
      directory.endpoints.patch(manager, { endpointId: number, digits: 'Info' }),
    ])
      await expect(refused).rejects.toMatchObject({ fields: [{ fieldName: 'Digits' }] });
    await expect(directory.endpoints.patch(manager, { endpointId: id, codecs: ['PCMU'] })).rejects.toMatchObject({
      fields: [{ fieldName: 'Codecs' }],
    });
  });
});

describe('the phones of a user', () => {
  let userId: string;
  beforeEach(async () => {
    userId = (await directory.userEndpoints.create(manager, {})).id ?? '';
  });

  it('are bound, renewed, found again, and removed', async () => {
    const { sipUsers } = directory;
    const first = binding('a');
    expect(await sipUsers.change(userId, adding(first))).toEqual([first]);
    expect(await sipUsers.bindings(userId)).toEqual([first]);
    const renewed = binding('a', { cSeq: 2, expiresAtMs: 120_000 });
    await sipUsers.change(userId, adding(binding('b')));
    expect(await sipUsers.change(userId, adding(renewed))).toEqual([binding('b'), renewed]);
    const remove = { removeAll: false, removed: ['b'], added: [], callId: 'b', cSeq: 2 };
    expect(keys(await sipUsers.change(userId, remove))).toEqual(['a']);
    expect(await sipUsers.change(userId, { ...remove, removeAll: true, removed: [], callId: 'z', cSeq: 1 })).toEqual([]);
    expect(await sipUsers.bindings(userId)).toEqual([]);
  });

  it('are forgotten one by one, but not when they have registered again meanwhile', async () => {
    const { sipUsers } = directory;
    const first = binding('a');
    const renewed = binding('a', { cSeq: 2 });
    await sipUsers.change(userId, adding(first));
    await sipUsers.change(userId, adding(binding('b')));
    await sipUsers.change(userId, adding(renewed));
    await sipUsers.forget(userId, first);
    expect(keys(await sipUsers.bindings(userId))).toEqual(['a', 'b']);
    await sipUsers.forget(userId, renewed);
    expect(keys(await sipUsers.bindings(userId))).toEqual(['b']);
  });

  it('are not changed by a REGISTER that is late, nor for a user that is gone', async () => {
    const { sipUsers } = directory;
    await sipUsers.change(userId, adding(binding('a', { cSeq: 5 })));
    expect(await sipUsers.change(userId, adding(binding('a', { cSeq: 5 })))).toBeUndefined();
    expect(await sipUsers.change(userId, { removeAll: true, removed: [], added: [], callId: 'a', cSeq: 4 })).toBeUndefined();
    expect(keys(await sipUsers.bindings(userId))).toEqual(['a']);
    expect(await sipUsers.change(freshId(), adding(binding('a')))).toBeUndefined();
  });

  it('are forgotten in time, and are ten at most: the one goes that would be the first to end', async () => {
    const { sipUsers, clock } = directory;
    for (let nth = 0; nth < 11; nth++) await sipUsers.change(userId, adding(binding(`k${nth}`, { expiresAtMs: 10_000 + nth })));
    expect(keys(await sipUsers.bindings(userId))).toEqual(Array.from({ length: 10 }, (_none, nth) => `k${nth + 1}`));
    await clock.advance(10_005);
    expect(keys(await sipUsers.bindings(userId))).toEqual(['k6', 'k7', 'k8', 'k9', 'k10']);
  });

  it('are bound anew when they come back after their time was over', async () => {
    const { sipUsers, clock } = directory;
    await sipUsers.change(userId, adding(binding('a', { expiresAtMs: 10_000 })));
    await clock.advance(10_001);
    const back = binding('a', { callId: 'b' });
    expect(await sipUsers.change(userId, adding(back))).toEqual([back]);
    expect(await sipUsers.bindings(userId)).toEqual([back]);
  });

  it('registering at the same time all stay', async () => {
    const { sipUsers } = directory;
    await Promise.all(['a', 'b', 'c'].map((key) => sipUsers.change(userId, adding(binding(key)))));
    expect(keys(await sipUsers.bindings(userId))).toEqual(['a', 'b', 'c']);
  });

  it('have to register again after a new password, and go with the user', async () => {
    const { sipUsers } = directory;
    await sipUsers.change(userId, adding(binding('a')));
    await directory.userEndpoints.newPassword(manager, { id: userId });
    expect(await sipUsers.bindings(userId)).toEqual([]);
    await sipUsers.change(userId, adding(binding('a')));
    await directory.endpoints.remove(manager, { endpointId: userId });
    expect(await sipUsers.bindings(userId)).toEqual([]);
  });
});
