import { describe, expect, it } from 'vitest';
import '../support/every-contract.ts';
import { mjsTypes } from '../../src/codegen/mjs.ts';
import { typeModel } from '../../src/codegen/type-model.ts';
import { typescriptDefinitions, typescriptTypes } from '../../src/codegen/typescript.ts';
import { compilerProblems } from '../support/compile-typescript.ts';
import { typesRequest } from '../support/types-request.ts';

const { operations } = typeModel();

/** Every option away from its default, and some together. */
const variants: readonly Readonly<Record<string, string>>[] = [
  {},
  { GlobalNamespace: 'Voice.Types' },
  { MakePropertiesOptional: 'True' },
  { AddServiceStackTypes: 'False' },
  { AddResponseStatus: 'True' },
  { AddImplicitVersion: '3' },
  { AddDescriptionAsComments: 'False' },
  { IncludeTypes: '{Flows,Sessions},Authenticate.*' },
  { ExcludeTypes: 'NewUser,ListFiles`1' },
  { DefaultImports: 'JsonServiceClient:@servicestack/client' },
  { WithoutOptions: '' },
  { AddServiceStackTypes: 'False', AddResponseStatus: 'True', GlobalNamespace: 'Types' },
];

describe('the generated TypeScript compiles under strict', () => {
  it('whole and with every option', () => {
    const files = variants.map((variant, index) => [`whole-${index}.ts`, typescriptTypes(typesRequest(variant))]);
    expect(compilerProblems(Object.fromEntries(files))).toEqual([]);
  });

  it('for every operation alone', () => {
    const files = operations.map(({ operation: { name } }) => [
      `${name}.ts`,
      typescriptTypes(typesRequest({ IncludeTypes: `${name}.*`, AddResponseStatus: 'True' })),
    ]);
    expect(files.length).toBeGreaterThan(30);
    expect(compilerProblems(Object.fromEntries(files))).toEqual([]);
  });

  it.each(variants)('as ambient declarations with %o', (variant) => {
    expect(compilerProblems({ 'types.d.ts': typescriptDefinitions(typesRequest(variant)), 'use.ts': 'export {};' })).toEqual([]);
  });

  it('as a module of JavaScript whose comments are checked', () => {
    const files = variants.map((variant, index) => [`whole-${index}.mjs`, mjsTypes(typesRequest(variant))]);
    // A class of JavaScript has no way to say that a member is assigned by `Object.assign`.
    expect(compilerProblems(Object.fromEntries(files), { strictPropertyInitialization: false })).toEqual([]);
  });

  it('and a mistake is seen', () => {
    const broken = typescriptTypes(typesRequest({ ExcludeTypes: 'FlowNode' }));
    expect(compilerProblems({ 'broken.ts': broken }).join()).toContain("Cannot find name 'FlowNode'");
  });
});

const caller = `
import { JsonServiceClient } from '@servicestack/client';
import { FlowInfo, FlowRoles, ListAvailableNodes, ListFlows, ListSessions, NewFlow, NewOutgoingSession, SessionInfo } from './types';
const client = new JsonServiceClient('https://voice.example');
export async function call(): Promise<void> {
  const nothing: void = await client.post(new NewOutgoingSession({ flowId: '1', numberToDial: '+18144043093' }));
  const sessions: SessionInfo[] = (await client.get(new ListSessions({ page: 1, accountIds: ['1'] }))).items;
  const flow: FlowInfo = await client.post(new NewFlow({
    roles: [FlowRoles.UI],
    nodes: [{ id: '1', parameters: { Text: { value: { stringValue: 'Hello' }, listParameters: [{}] } } }],
  }));
  const names: (string | undefined)[] = (await client.get(new ListAvailableNodes())).map(({ name }) => name);
  return void [nothing, sessions, flow, names, new ListFlows({ sortField: 'name' })];
}
`;

describe('the generated TypeScript in the hands of the real client', () => {
  const types = typescriptTypes(typesRequest());

  it('types requests and answers', () => {
    expect(compilerProblems({ 'types.ts': types, 'caller.ts': caller })).toEqual([]);
  });

  it('refuses what the contract does not have', () => {
    const wrong = caller.replace("flowId: '1'", 'flowId: 1').replace('FlowRoles.UI', "'Somewhere'");
    const problems = compilerProblems({ 'types.ts': types, 'caller.ts': wrong }).join('\n');
    expect(problems).toContain("Type 'number' is not assignable to type 'string'");
    expect(problems).toContain('\'"Somewhere"\' is not assignable');
  });
});

describe('the generated JavaScript', () => {
  it.each([{}, { AddServiceStackTypes: 'False' }, { AddImplicitVersion: '3' }])('runs as it is with %o', async (options) => {
    const { NewOutgoingSession, ListSessions, ListResponse, FlowRoles } = await load(mjsTypes(typesRequest(options)));
    const request = new NewOutgoingSession({ flowId: '1' });
    expect(request).toMatchObject({ flowId: '1', numberToDial: undefined });
    expect([request.getTypeName(), request.getMethod(), request.createResponse()]).toEqual(['NewOutgoingSession', 'POST', undefined]);
    expect(new ListSessions({ page: 1, from: 'a' })).toMatchObject({ page: 1, from: 'a' });
    expect(new ListSessions().createResponse()).toBeInstanceOf(ListResponse);
    expect(FlowRoles.UI).toBe('UI');
  });
});

interface RequestOfModule {
  getTypeName(): string;
  getMethod(): string;
  createResponse(): unknown;
}

interface GeneratedModule {
  readonly NewOutgoingSession: new (init?: object) => RequestOfModule;
  readonly ListSessions: new (init?: object) => RequestOfModule;
  readonly ListResponse: new () => object;
  readonly FlowRoles: Readonly<Record<string, string>>;
}

async function load(code: string): Promise<GeneratedModule> {
  return await import(`data:text/javascript;base64,${Buffer.from(code, 'utf8').toString('base64')}`);
}
