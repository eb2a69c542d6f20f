import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { allOperations } from '../contracts/dto.ts';
import { type MetadataTypeName, metadataTypeName } from './metadata-type.ts';
import { metadataTypes } from './metadata-types.ts';
import { typeModel } from './type-model.ts';

const { types, operations, namespaces, config } = metadataTypes('https://voice.example');

const operationNamed = (name: string) => operations.find(({ request }) => request.name === name);
const typeNamed = (name: string) => types.find((type) => type.name === name);
const propertyOf = (typeName: string, name: string) => typeNamed(typeName)?.properties?.find((property) => property.name === name);

describe('an operation for machines', () => {
  it('without an answer, exactly', () => {
    const description =
      'Create a new outgoing call and process it with the specified flow. This can only be used for voice sessions. If no caller ID is specified, we will use a random one.';
    const texts = {
      FlowId: 'The ID of the flow to use. This flow will be executed as soon as the call is answered.',
      NumberToDial: 'The E164 number to dial, e.g. +18144043093',
      CallerId: 'The Caller ID to use. This must be the E164 number of an owned phone number',
    };
    const attribute = (name: string, value: string) => ({ name, args: [{ name: 'Description', type: 'String', value }] });
    expect(operationNamed('NewOutgoingSession')).toEqual({
      request: {
        name: 'NewOutgoingSession',
        namespace: 'Voice.Api.Sessions',
        implements: [{ name: 'IPost', namespace: 'ServiceStack' }],
        description,
        properties: Object.entries(texts).map(([name, text]) => ({
          name,
          type: 'String',
          namespace: 'System',
          description: text,
          attributes: [attribute('ApiMember', text)],
        })),
        attributes: [attribute('Api', description)],
      },
      actions: ['POST'],
      returnsVoid: true,
      method: 'POST',
      routes: [{ path: '/sessions/outgoing', verbs: 'POST' }],
      requiresAuth: true,
      requiresAnyRole: ['Manager', 'SystemAdministrator'],
      tags: ['Sessions'],
    });
  });

  it('with a list of a generic type', () => {
    const listFiles = operationNamed('ListFiles');
    expect(listFiles?.request.inherits).toEqual({ name: 'ListRequest`1', namespace: 'Voice.Api', genericArgs: ['FileInfo'] });
    const answer = { name: 'ListResponse`1', namespace: 'Voice.Api', genericArgs: ['FileInfo'] };
    expect(listFiles?.returnType).toEqual(answer);
    expect(listFiles?.response).toMatchObject(answer);
    expect(listFiles?.response).not.toHaveProperty('isGenericTypeDef');
    expect(listFiles?.response?.properties?.[0]).toEqual({
      name: 'Items',
      type: 'List`1',
      namespace: 'System.Collections.Generic',
      genericArgs: ['FileInfo'],
      isRequired: true,
    });
  });

  it('with a bare list, with several routes, without a login', () => {
    const list = { name: 'List`1', namespace: 'System.Collections.Generic', genericArgs: ['FlowNodeSpec'] };
    expect(operationNamed('ListAvailableNodes')).toMatchObject({ returnType: list, returnsVoid: false });
    expect(operationNamed('Authenticate')).toMatchObject({
      requiresAuth: false,
      actions: ['GET', 'POST', 'DELETE'],
      method: 'POST',
      routes: [
        { path: '/auth', verbs: 'GET,POST,DELETE' },
        { path: '/auth/{provider}', verbs: 'GET,POST,DELETE' },
      ],
    });
  });

  it('is there for all that is declared', () => {
    expect(operations.map(({ request }) => request.name)).toEqual(allOperations().map(({ name }) => name));
  });
});

describe('a type for machines', () => {
  it('says how members are typed', () => {
    expect(propertyOf('FileInfo', 'RecordingDuration')).toMatchObject({
      type: 'Nullable`1',
      namespace: 'System',
      genericArgs: ['Int32'],
      isValueType: true,
    });
    expect(propertyOf('FileInfo', 'ContentLength')).toMatchObject({ type: 'Int64', isValueType: true });
    expect(propertyOf('FileInfo', 'Type')).toMatchObject({ type: 'FileTypes', namespace: 'Voice.Api.Files', isEnum: true });
    expect(propertyOf('FlowNode', 'Parameters')).toMatchObject({ type: 'Dictionary`2', genericArgs: ['String', 'NodeParameter'] });
    expect(propertyOf('ResponseStatus', 'Errors')).toMatchObject({ type: 'List`1', dataMember: { order: 4 } });
    expect(metadataTypeName({ kind: 'list', item: { kind: 'map', value: { kind: 'scalar', name: 'bool', nullable: true } } })).toEqual({
      name: 'List`1',
      namespace: 'System.Collections.Generic',
      genericArgs: ['Dictionary<String,Nullable<Boolean>>'],
    });
  });

  it('is an enum with its values, a generic definition, or ServiceStack’s own', () => {
    expect(typeNamed('SortOrders')).toEqual({
      name: 'SortOrders',
      namespace: 'Voice.Api',
      isEnum: true,
      enumNames: ['Ascend', 'Descend'],
      enumValues: ['0', '1'],
    });
    expect(typeNamed('ListResponse`1')).toMatchObject({ genericArgs: ['T'], isGenericTypeDef: true });
    expect(typeNamed('ErrorResponse')).toMatchObject({ namespace: 'ServiceStack', dataContract: {} });
  });

  it('is there for all that the others refer to', () => {
    const requests = operations.map(({ request }) => request);
    const known = new Set([...types, ...requests].map(({ name, namespace }) => `${namespace}.${name}`));
    expect(known.size).toBe(typeModel().types.length);
    const references: MetadataTypeName[] = [...types, ...requests].flatMap(({ inherits, properties = [] }) => [
      ...(inherits ? [inherits] : []),
      ...properties.map(({ type, namespace }) => ({ name: type, ...(namespace !== undefined && { namespace }) })),
    ]);
    const own = references.filter(({ namespace }) => namespace !== undefined && !namespace.startsWith('System'));
    expect(own.length).toBeGreaterThan(30);
    for (const { name, namespace } of own) expect(known).toContain(`${namespace}.${name}`);
    expect(references.filter(({ namespace }) => namespace === undefined)).toEqual([]);
  });

  it('is in a namespace of the list', () => {
    for (const { namespace } of [...types, ...operations.map(({ request }) => request)]) expect(namespaces).toContain(namespace);
    expect(config.baseUrl).toBe('https://voice.example');
  });
});
