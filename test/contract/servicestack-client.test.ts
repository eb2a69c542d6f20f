import { JsonApiClient, JsonServiceClient } from '@servicestack/client';
import { Type } from 'typebox';
import { Parse } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ContractCase, contractCases, filledCase, jsonDifferences } from '../support/contract-case.ts';
import { type ContractScene, contractScene } from '../support/contract-scene.ts';
import { type DtoClass, loadDtos } from '../support/generated-dtos.ts';

const sessionPage = Type.Object({
  items: Type.Array(Type.Object({ id: Type.String(), toAddress: Type.String(), ended: Type.Boolean() })),
  totalCount: Type.Number(),
});

/** The real client of the original, with the types that the server generates for it. */
describe('@servicestack/client', () => {
  let scene: ContractScene;
  let dto: (name: string) => DtoClass;
  let values: ReadonlyMap<string, string>;

  const value = (name: string): string => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`Nothing is known for ${name}`);
    return found;
  };
  const outgoing = (more: object = {}) =>
    new (dto('NewOutgoingSession'))({ flowId: value('FLOW_ID'), numberToDial: value('NUMBER'), callerId: value('CALLER_ID'), ...more });
  const anonymous = () => new JsonServiceClient(scene.url);
  const manager = () => anonymous().apply((client) => client.setCredentials(value('USER'), value('PASSWORD')));
  const sessions = async () => {
    const page = await manager().get(new (dto('ListSessions'))({ countPerPage: 1 }));
    return Parse(sessionPage, page);
  };

  beforeAll(async () => {
    scene = await contractScene();
    values = await scene.placeholders();
    dto = await loadDtos(await (await fetch(`${scene.url}/types/typescript`)).text());
  }, 120_000);

  afterAll(() => scene?.close(), 60_000);

  it('places a call with post(), send(), sendOneWay() and postToUrl()', async () => {
    const before = (await sessions()).totalCount;
    expect(await manager().post(outgoing())).toBeUndefined();
    expect(await manager().send(outgoing())).toBeUndefined();
    await manager().sendOneWay(outgoing());
    expect(await manager().postToUrl('/sessions/outgoing', outgoing())).toBeUndefined();
    expect((await sessions()).totalCount).toBe(before + 4);
  });

  it('gets lists and single entities as instances of what was asked for', async () => {
    const page = await sessions();
    const id = page.items[0]?.id;
    expect(await manager().get(new (dto('GetSession'))({ sessionId: id }))).toMatchObject({ id, toAddress: value('NUMBER') });
    expect(await manager().get('/sessions', { specificIds: id })).toMatchObject({ totalCount: 1, items: [{ id }] });
    const ids = ['a', 'b'];
    expect(await manager().get(new (dto('ListSessions'))({ specificIds: ids }))).toMatchObject({ totalCount: 0 });
  });

  it('tells success from failure with api() and apiVoid()', async () => {
    const found = await manager().api(new (dto('ListFlows'))({ nameFilter: 'nothing has this name' }));
    expect(found).toMatchObject({ succeeded: true, failed: false, response: { items: [], totalCount: 0 } });
    expect(await manager().apiVoid(outgoing())).toMatchObject({ succeeded: true, failed: false });
    // Without a body the client cannot see that it has succeeded; the original has the same trap.
    expect(await manager().api(outgoing())).toMatchObject({ completed: false, failed: false });
    const refused = await manager().api(outgoing({ numberToDial: '' }));
    expect(refused).toMatchObject({ failed: true, errorCode: 'NotEmpty' });
    expect(refused.fieldErrorMessage('NumberToDial')).toContain('required');
  });

  it('creates, changes and deletes', async () => {
    const made = await manager().post(new (dto('NewFlow'))({ name: 'From a client' }));
    expect(made).toMatchObject({ name: 'From a client', nodeCount: 0 });
    const flowId: unknown = Reflect.get(Object(made), 'id');
    expect(await manager().patch(new (dto('PatchFlow'))({ flowId, notes: 'A, "b" {c}' }))).toMatchObject({ notes: 'A, "b" {c}' });
    expect(await manager().delete(new (dto('DeleteFlow'))({ flowId }))).toBeUndefined();
    await expect(manager().get(new (dto('GetFlow'))({ flowId }))).rejects.toMatchObject({ responseStatus: { errorCode: 'NotFound' } });
  });

  it('sends batches with sendAll()', async () => {
    expect(await manager().sendAll([outgoing(), outgoing()])).toHaveLength(2);
    await expect(manager().sendAll([outgoing(), outgoing({ flowId: '' })])).rejects.toMatchObject({
      responseStatus: { errorCode: 'NotEmpty', meta: { AutoBatchIndex: '1' } },
    });
  });

  it('stays signed in by its cookies until it signs out', async () => {
    const client = anonymous();
    const signIn = new (dto('Authenticate'))({ provider: 'credentials', userName: value('USER'), password: value('PASSWORD') });
    const who = await client.post(signIn);
    expect(who).toMatchObject({ userName: value('USER'), roles: ['Manager'] });
    expect(await client.post(outgoing())).toBeUndefined();
    expect(await client.post(outgoing())).toBeUndefined();
    await client.post(new (dto('Authenticate'))({ provider: 'logout' }));
    await expect(client.post(outgoing())).rejects.toMatchObject({ responseStatus: { errorCode: 'Unauthorized' } });
  });

  it('works with a bearer token that a manager asked for', async () => {
    const answer = await manager().get(new (dto('RequestAuthToken'))({ userEmailAddress: value('USER') }));
    const client = anonymous();
    client.bearerToken = String(Reflect.get(Object(answer), 'authToken'));
    expect(await client.get(new (dto('Authenticate'))())).toMatchObject({ userName: value('USER') });
    expect(await client.post(outgoing())).toBeUndefined();
    client.bearerToken = `${client.bearerToken}x`;
    await expect(client.post(outgoing())).rejects.toMatchObject({ responseStatus: { errorCode: 'Unauthorized' } });
  });

  it('reads every detail of a refusal', async () => {
    await expect(manager().post(new (dto('NewOutgoingSession'))())).rejects.toEqual({
      type: undefined,
      responseStatus: expect.objectContaining({
        errorCode: 'NotEmpty',
        message: expect.stringContaining("'FlowId' is required"),
        errors: [
          { errorCode: 'NotEmpty', fieldName: 'FlowId', message: expect.any(String) },
          { errorCode: 'NotEmpty', fieldName: 'NumberToDial', message: expect.any(String) },
        ],
      }),
    });
    await expect(manager().get('/no/such/path')).rejects.toMatchObject({ responseStatus: { errorCode: 'NotFound' } });
  });

  const withClient = contractCases().filter(({ client }) => client !== undefined && client.call !== 'ts-ref');

  it.each(withClient)('$id: $description', async (given) => {
    values = await scene.placeholders();
    const one = filledCase(given, values);
    const { client: through } = one;
    if (!through) throw new Error('A case without a client');
    const client = clientOf(one);
    if (through.setup?.includes('basePath=null')) client.basePath = null;
    if (through.setup?.includes('expired')) {
      client.bearerToken = 'expired';
      client.refreshToken = value('REFRESH_TOKEN');
    }
    const calling = call(client, one);
    if (through.rejects !== undefined) {
      const rejected: unknown = await calling.catch((error: unknown) => error);
      expect(jsonDifferences(rejected, through.rejects, '$')).toEqual([]);
      return;
    }
    const result: unknown = await calling;
    if (through.resolvesArrayLength !== undefined) expect(result).toHaveLength(through.resolvesArrayLength);
    if (through.result !== undefined) expect(result).toMatchObject(through.result);
    if (through.then !== undefined) expect(await client.post(outgoing())).toBeUndefined();
    else if (through.resolves === 'undefined') expect(result).toBeUndefined();
  });

  /** A client with the login that the request of the case has. */
  function clientOf({ request, description }: ContractCase): JsonServiceClient {
    const client = description.includes('JsonApiClient') ? JsonApiClient.create(scene.url) : anonymous();
    const token = /^Bearer (.*)$/.exec(request.headers.Authorization ?? '')?.[1];
    if (token !== undefined) client.bearerToken = token;
    return client;
  }

  function call(client: JsonServiceClient, { client: through, request }: ContractCase): Promise<unknown> {
    const Dto = dto(through?.dto ?? '');
    // A case of a form or of a refresh says nothing of the body of the request that the client makes of it.
    const filled = through?.call === 'apiForm' || through?.setup?.includes('expired') ? outgoing() : new Dto(JSON.parse(bodyOf(request)));
    switch (through?.call) {
      case 'post':
        return client.post(filled);
      case 'api':
        return client.api(filled);
      case 'apiVoid':
        return client.apiVoid(filled);
      case 'apiForm': {
        const form = new FormData();
        form.set('flowId', value('FLOW_ID'));
        form.set('numberToDial', value('NUMBER'));
        return client.apiForm(new Dto({ callerId: value('CALLER_ID') }), form);
      }
      case 'sendAll':
        return client.sendAll([outgoing(), outgoing()]);
      default:
        throw new Error(`Nobody knows how to call ${through?.call}`);
    }
  }
});

/** The body of a request; that of the first item of a batch. */
function bodyOf({ body }: ContractCase['request']): string {
  const parsed: unknown = JSON.parse(body ?? '{}');
  return JSON.stringify(Array.isArray(parsed) ? parsed[0] : parsed);
}
