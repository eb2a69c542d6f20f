import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, principal, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
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

let nextNumber = 3000;
const newNumber = () => `+1814404${nextNumber++}`;

describe('phone numbers', () => {
  it('have the flow that runs when somebody calls them, with values for its parameters', async () => {
    const flowId = (await directory.flows.create(manager, { name: 'Welcome' })).id ?? '';
    const flowParams = { Greeting: { stringValue: 'Hello' }, Tries: { numberValue: 3 } };
    const made = await directory.phoneNumbers.create(manager, { number: newNumber(), flowId, flowParams });
    expect(made).toMatchObject({ flowId, flowName: 'Welcome', flowParams });
    const owned = async () => (await directory.phoneNumbers.ownedVoiceNumbers(accountId))[0]?.flow;
    expect(await owned()).toEqual({ flowId, parameters: { Greeting: 'Hello', Tries: 3 } });

    const endpointId = made.id ?? '';
    await directory.endpoints.patch(manager, { endpointId, flowParams: { Tries: { numberValue: 4 } }, isPartialFlowUpdate: true });
    expect(await owned()).toEqual({ flowId, parameters: { Greeting: 'Hello', Tries: 4 } });
    await directory.endpoints.patch(manager, { endpointId, flowParams: { Tries: { numberValue: 5 } } });
    expect(await owned()).toEqual({ flowId, parameters: { Tries: 5 } });
    expect(await directory.endpoints.patch(manager, { endpointId, flowId: '' })).not.toHaveProperty('flowId');
    expect(await owned()).toBeUndefined();
  });

  it('take no flow of another account, and say of it what they say of one that does not exist', async () => {
    const { manager: other } = await newTenant(directory);
    const foreign = (await directory.flows.create(other, { name: 'Theirs' })).id ?? '';
    const { id: endpointId = '' } = await directory.phoneNumbers.create(manager, { number: newNumber() });
    const messages = await Promise.all(
      [foreign, freshId(), 'no id'].map((flowId) =>
        directory.endpoints.patch(manager, { endpointId, flowId }).catch((error: unknown) => error),
      ),
    );
    expect(messages[0]).toMatchObject({ code: 'INVALID_MEMBER', fields: [{ fieldName: 'FlowId' }] });
    expect(new Set(messages.map(String)).size).toBe(1);
    await expect(directory.phoneNumbers.create(manager, { number: newNumber(), flowId: foreign })).rejects.toThrow(/FlowId/);
  });

  it('keep no more than a session may, and no deeper', async () => {
    const { id: endpointId = '' } = await directory.phoneNumbers.create(manager, { number: newNumber() });
    const large = { flowParams: { Text: { stringValue: 'x'.repeat(300_000) } } };
    let deep = {};
    for (let level = 0; level < 20; level++) deep = { Inner: { structValue: deep } };
    for (const members of [large, { flowParams: deep }])
      await expect(directory.endpoints.patch(manager, { endpointId, ...members })).rejects.toMatchObject({
        fields: [{ fieldName: 'FlowParams' }],
      });
  });

  it('have flows, but fax numbers and trunks have none', async () => {
    const flowId = (await directory.flows.create(manager, { name: 'Welcome' })).id ?? '';
    const { id: fax = '' } = await directory.phoneNumbers.create(manager, { number: newNumber(), isFaxNumber: true });
    const { id: trunkId = '' } = await directory.trunks.create(manager, { host: 'sip.example' });
    for (const endpointId of [fax, trunkId])
      await expect(directory.endpoints.patch(manager, { endpointId, flowId })).rejects.toMatchObject({ fields: [{ fieldName: 'FlowId' }] });
  });

  it('are stored in E.164 and owned by the account', async () => {
    const number = newNumber();
    const made = await directory.phoneNumbers.create(manager, {
      number: `${number.slice(0, 2)} (${number.slice(2, 5)}) ${number.slice(5)}`,
      accountId,
    });
    expect(made).toMatchObject({
      type: 'PhoneNumber',
      phoneNumber: number,
      displayName: number,
      isVirtualPhoneNumber: true,
      accountId,
      accountName: 'Tenant',
    });
    expect(made).not.toHaveProperty('hasPassword');
    expect(await directory.phoneNumbers.ownedVoiceNumbers(accountId)).toEqual([{ endpointId: made.id, e164: number }]);
  });

  it('are seen by calls the moment they change, and fax numbers are not for calls', async () => {
    expect(await directory.phoneNumbers.ownedVoiceNumbers(accountId)).toEqual([]);
    const voice = await directory.phoneNumbers.create(manager, { number: newNumber() });
    await directory.phoneNumbers.create(manager, { number: newNumber(), isFaxNumber: true });
    expect((await directory.phoneNumbers.ownedVoiceNumbers(accountId)).map((number) => number.endpointId)).toEqual([voice.id]);
    await directory.endpoints.remove(manager, { endpointId: voice.id ?? '' });
    expect(await directory.phoneNumbers.ownedVoiceNumbers(accountId)).toEqual([]);
  });

  it('belong to one account of the system', async () => {
    const number = newNumber();
    await directory.phoneNumbers.create(manager, { number });
    const { manager: other } = await newTenant(directory);
    await expect(directory.phoneNumbers.create(other, { number })).rejects.toMatchObject({
      code: 'CONFLICT',
      fields: [{ fieldName: 'Number' }],
    });
  });

  it.each([
    [{}, 'REQUIRED', 'Number'],
    [{ number: '8144043093' }, 'INVALID_MEMBER', 'Number'],
    [{ number: "+1814'; drop table endpoint" }, 'INVALID_MEMBER', 'Number'],
  ])('are refused: %o', async (request, code, fieldName) => {
    await expect(directory.phoneNumbers.create(manager, request)).rejects.toMatchObject({ code, fields: [{ fieldName }] });
  });

  it('can be renamed, and have nothing of a trunk', async () => {
    const { id } = await directory.phoneNumbers.create(manager, { number: newNumber() });
    expect(await directory.endpoints.patch(manager, { endpointId: id ?? '', name: 'Sales' })).toMatchObject({ displayName: 'Sales' });
    await expect(directory.endpoints.patch(manager, { endpointId: id ?? '', host: 'a.b', port: 1 })).rejects.toMatchObject({
      fields: [{ fieldName: 'Host' }, { fieldName: 'Port' }],
    });
  });
});

describe('access', () => {
  it('answers alike for an endpoint of others and for none', async () => {
    const { id } = await directory.trunks.create(manager, { host: '192.0.2.1' });
    const { manager: other } = await newTenant(directory);
    const errors = [];
    for (const endpointId of [id ?? '', freshId(), 'nonsense', '']) {
      for (const attempt of [
        () => directory.endpoints.get(other, { endpointId }),
        () => directory.endpoints.patch(other, { endpointId, port: 5061 }),
        () => directory.endpoints.remove(other, { endpointId }),
      ])
        errors.push(await attempt().catch((error: unknown) => error));
    }
    for (const error of errors) expect(error).toEqual(errors[0]);
    expect(errors[0]).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect(await directory.endpoints.get(manager, { endpointId: id ?? '' })).not.toHaveProperty('port');
  });

  it('lets nobody make anything in an account of others or of nobody', async () => {
    const { accountId: foreign } = await newTenant(directory);
    for (const id of [foreign, freshId(), 'nonsense']) {
      await expect(directory.trunks.create(manager, { host: 'a.b', accountId: id })).rejects.toMatchObject({
        code: 'FORBIDDEN_ACCOUNT',
        status: 403,
      });
      await expect(directory.phoneNumbers.create(manager, { number: newNumber(), accountId: id })).rejects.toMatchObject({
        code: 'FORBIDDEN_ACCOUNT',
      });
    }
    for (const id of [freshId(), 'nonsense']) {
      await expect(directory.trunks.create(administrator, { host: 'a.b', accountId: id })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        fields: [{ fieldName: 'AccountId' }],
      });
    }
    await expect(directory.trunks.create(administrator, { host: 'a.b' })).rejects.toMatchObject({
      code: 'REQUIRED',
      fields: [{ fieldName: 'AccountId' }],
    });
  });

  it('lists by account, type, name and number', async () => {
    const number = newNumber();
    await directory.phoneNumbers.create(manager, { number });
    await directory.clock.advance(1);
    await directory.trunks.create(manager, { host: 'carrier.example' });
    const { accountId: foreign, manager: other } = await newTenant(directory);
    await directory.trunks.create(other, { host: 'other.example' });

    const names = async (who: Principal, request: Parameters<TestDirectory['endpoints']['list']>[1]) =>
      (await directory.endpoints.list(who, request)).items.map((item) => item.displayName);
    expect(await names(manager, {})).toEqual([number, 'carrier.example']);
    expect(await names(manager, { accountIds: [foreign] })).toEqual([]);
    expect(await names(manager, { type: 'SipTrunk' })).toEqual(['carrier.example']);
    expect(await names(manager, { types: ['PhoneNumber', 'Team'] })).toEqual([number]);
    expect(await names(manager, { types: ['Team'] })).toEqual([]);
    expect(await names(manager, { nameFilter: 'CARRIER' })).toEqual(['carrier.example']);
    expect(await names(manager, { phoneNumberFilter: number.slice(5) })).toEqual([number]);
    expect(await names(principal(['Manager']), {})).toEqual([]);
    expect(
      await names(administrator, { accountIds: [accountId, foreign], type: 'SipTrunk', sortField: 'displayName', sortOrder: 'Descend' }),
    ).toEqual(['other.example', 'carrier.example']);
  });
});
