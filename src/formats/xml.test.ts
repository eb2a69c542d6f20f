import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { AuthenticateResponse } from '../contracts/authentication.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { FlowInfo, ListAvailableNodes, ListFlows, NewFlow } from '../contracts/flows.ts';
import { ListSessions, NewOutgoingSession } from '../contracts/sessions.ts';
import { FormatError } from './format.ts';
import { xml } from './xml.ts';
import { escapeText } from './xml-write.ts';

const outgoing = NewOutgoingSession.request;
const contract = 'http://schemas.datacontract.org/2004/07/Voice.Api.Sessions';
const flows = 'http://schemas.datacontract.org/2004/07/Voice.Api.Flows';
const instance = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"';
const arrays = 'http://schemas.microsoft.com/2003/10/Serialization/Arrays';
const declaration = '<?xml version="1.0" encoding="utf-8"?>';

describe('writing XML', () => {
  it('writes the type in its namespace, members sorted, absent ones nil', () => {
    expect(xml.write({ numberToDial: '+18144043093', flowId: 'f' }, outgoing)).toBe(
      `${declaration}<NewOutgoingSession ${instance} xmlns="${contract}"><CallerId i:nil="true"/><FlowId>f</FlowId>` +
        '<NumberToDial>+18144043093</NumberToDial></NewOutgoingSession>',
    );
  });

  it("writes ServiceStack's own types in their namespace and order", () => {
    const value = { responseStatus: { errorCode: 'NotEmpty', message: 'm', errors: [] } };
    expect(xml.write(value, ErrorResponse)).toBe(
      `${declaration}<ErrorResponse ${instance} xmlns="http://schemas.servicestack.net/types"><ResponseStatus>` +
        '<ErrorCode>NotEmpty</ErrorCode><Message>m</Message><StackTrace i:nil="true"/><Errors/><Meta i:nil="true"/>' +
        '</ResponseStatus></ErrorResponse>',
    );
  });

  it('writes lists of types and dictionaries of texts', () => {
    const error = { errorCode: 'E', fieldName: 'F', message: 'm' };
    const text = xml.write({ responseStatus: { errors: [error], meta: { AutoBatchIndex: '1' } } }, ErrorResponse);
    expect(text).toContain(
      '<Errors><ResponseError><ErrorCode>E</ErrorCode><FieldName>F</FieldName><Message>m</Message><Meta i:nil="true"/></ResponseError></Errors>',
    );
    expect(text).toContain(
      `<Meta xmlns:d3p1="${arrays}"><d3p1:KeyValueOfstringstring><d3p1:Key>AutoBatchIndex</d3p1:Key>` +
        '<d3p1:Value>1</d3p1:Value></d3p1:KeyValueOfstringstring></Meta>',
    );
  });

  it('writes a list of texts with the prefix of the arrays namespace', () => {
    expect(xml.write({ roles: ['Manager', 'User'] }, AuthenticateResponse)).toContain(
      `<Roles xmlns:d2p1="${arrays}"><d2p1:string>Manager</d2p1:string><d2p1:string>User</d2p1:string></Roles>`,
    );
  });

  it('puts the members of the base first, in the namespace of the base', () => {
    const text = xml.write({ id: '1', accountId: 'a', roles: ['UI'], nodes: [{ id: 'n', ui: { x: 1, y: 2 } }] }, FlowInfo);
    const base = 'xmlns="http://schemas.datacontract.org/2004/07/Voice.Api"';
    expect(text).toContain(`<Id ${base}>1</Id><LastModifiedBy ${base} i:nil="true"/><AccountId>a</AccountId>`);
    expect(text).toContain('<Roles><FlowRoles>UI</FlowRoles></Roles>');
    expect(text).toContain('<UI><Notes i:nil="true"/><X>1</X><Y>2</Y></UI>');
  });

  it('names the entries of a dictionary of nodes parameters as documented', () => {
    const text = xml.write({ nodes: [{ parameters: { Say: { id: 'v' } } }] }, FlowInfo);
    expect(text).toContain(`<Parameters xmlns:d4p1="${arrays}"><d4p1:KeyValueOfstringNodeParameteripFhVFNS><d4p1:Key>Say</d4p1:Key>`);
    expect(text).toContain('<d4p1:Value xmlns:d6p1="http://schemas.datacontract.org/2004/07/Voice.Api.Flows.Data"><d6p1:Expression');
  });

  it('leaves out absent value types that cannot be null, and writes nil for those that can', () => {
    const text = xml.write({}, ListFlows.request);
    expect(text).not.toContain('<Page');
    expect(text).toContain('<Role i:nil="true"/>');
  });

  it('writes generic types and lists as roots', () => {
    expect(xml.write({ items: [] }, ListSessions.response ?? outgoing)).toContain('<ListResponseOfSessionInfo ');
    expect(xml.write([{ name: 'Say' }], ListAvailableNodes.response ?? outgoing)).toContain(
      `<ArrayOfFlowNodeSpec ${instance} xmlns="${flows}"><FlowNodeSpec>`,
    );
  });

  it('lays a sample out as the metadata pages show it', () => {
    const value = { flowId: 'String', numberToDial: 'String', callerId: 'String' };
    expect(xml.sample.write(value, outgoing)).toBe(
      `<NewOutgoingSession ${instance} xmlns="${contract}">
  <CallerId>String</CallerId>
  <FlowId>String</FlowId>
  <NumberToDial>String</NumberToDial>
</NewOutgoingSession>`,
    );
  });

  it('lays out elements in elements of the same name, and empty ones', async () => {
    const value = { nodes: [], parameters: [{ name: 'Parameters', structType: { fields: [{ name: '<a>' }, {}] } }] };
    const sample = xml.sample.write(value, NewFlow.request);
    expect(sample).toContain('\n  <Nodes/>\n');
    expect(sample).toContain('\n          <DataField>\n            <DefaultValue i:nil="true"/>\n');
    expect(sample.split('\n').every((line) => /^(?: {2})*<[^<>]+>(?:[^<>]*<[^<>]+>)?$/.test(line))).toBe(true);
    expect(await xml.read(sample, NewFlow.request)).toEqual(value);
  });

  it('escapes markup, keeps carriage returns, and replaces what XML 1.0 cannot carry', () => {
    expect(escapeText('a<b>&c\r\n\t"\'')).toBe('a&lt;b&gt;&amp;c&#xD;\n\t"\'');
    expect(escapeText('\u0000\u001f\ufffe\ud800x😀')).toBe('\ufffd\ufffd\ufffd\ufffdx😀');
  });
});

describe('reading XML', () => {
  const body = (inside: string, attributes = `xmlns="${contract}" ${instance}`) =>
    `<NewOutgoingSession ${attributes}>${inside}</NewOutgoingSession>`;

  it('reads members in the order of the contract and in any other', async () => {
    const inOrder = body('<CallerId>+1</CallerId><FlowId>f</FlowId><NumberToDial>+18144043093</NumberToDial>');
    const other = body('<NumberToDial>+18144043093</NumberToDial><FlowId>f</FlowId><CallerId>+1</CallerId>');
    const expected = { flowId: 'f', numberToDial: '+18144043093', callerId: '+1' };
    expect(await xml.read(inOrder, outgoing)).toEqual(expected);
    expect(await xml.read(other, outgoing)).toEqual(expected);
    expect(await xml.read(`${declaration}\n<!-- a --><?b c?>${other}`, outgoing)).toEqual(expected);
  });

  it('reads any prefix', async () => {
    const text = `<v:NewOutgoingSession xmlns:v="${contract}"><v:FlowId>f</v:FlowId></v:NewOutgoingSession>`;
    expect(await xml.read(text, outgoing)).toEqual({ flowId: 'f' });
  });

  it('keeps telephone numbers and leading zeros as texts', async () => {
    expect(await xml.read(body('<FlowId>00123</FlowId><NumberToDial>+18144043093</NumberToDial>'), outgoing)).toEqual({
      flowId: '00123',
      numberToDial: '+18144043093',
    });
  });

  it('takes nil for absent and an empty element for an empty text', async () => {
    expect(await xml.read(body('<CallerId i:nil="true"/><FlowId/>'), outgoing)).toEqual({ flowId: '' });
    expect(await xml.read(body('<CallerId i:nil="false">x</CallerId>'), outgoing)).toEqual({ callerId: 'x' });
  });

  it('ignores members of another name, spelling or namespace', async () => {
    expect(await xml.read(body('<Nope><A/></Nope><flowId>a</flowId><FlowId xmlns="urn:x">b</FlowId>'), outgoing)).toEqual({});
  });

  it('joins text, references and character data', async () => {
    expect(await xml.read(body('<FlowId>a&amp;b<![CDATA[<c>]]>&#x41;</FlowId>'), outgoing)).toEqual({ flowId: 'a&b<c>A' });
  });

  it('reads lists and dictionaries whatever their items are called', async () => {
    const text =
      `<NewFlow xmlns="${flows}" xmlns:d="${flows}.Data" xmlns:a="${arrays}"><Roles><FlowRoles>ui</FlowRoles></Roles><TagIds><a:string>t</a:string></TagIds>` +
      '<Nodes><FlowNode><Parameters><a:KeyValueOfAnything><a:Key>Say</a:Key><a:Value><d:IsOutput>TRUE</d:IsOutput></a:Value>' +
      '</a:KeyValueOfAnything></Parameters></FlowNode></Nodes></NewFlow>';
    expect(await xml.read(text, NewFlow.request)).toEqual({
      roles: ['UI'],
      tagIds: ['t'],
      nodes: [{ parameters: { Say: { isOutput: true } } }],
    });
  });

  it.each([
    ['without the namespace', '<NewOutgoingSession><FlowId>x</FlowId></NewOutgoingSession>', 'The root is not'],
    ['of another type', `<NewFlow xmlns="${contract}"/>`, 'The root is not'],
    ['with a DTD', `<!DOCTYPE a [<!ENTITY b "c">]><NewOutgoingSession xmlns="${contract}"/>`, 'DTD'],
    ['with an entity', `<NewOutgoingSession xmlns="${contract}"><FlowId>&b;</FlowId></NewOutgoingSession>`, 'not well-formed'],
    ['cut short', `<NewOutgoingSession xmlns="${contract}"><FlowId>x</FlowId>`, 'not well-formed'],
    ['with a control character', `<NewOutgoingSession xmlns="${contract}"><FlowId>\u0001</FlowId></NewOutgoingSession>`, 'not well-formed'],
    ['with nothing in it', '', 'not well-formed'],
    ['that is JSON', '{"flowId":"x"}', 'not well-formed'],
    ['with an undeclared prefix', '<a:NewOutgoingSession/>', 'not well-formed'],
    [
      'with elements in a text',
      `<NewOutgoingSession xmlns="${contract}"><FlowId><A/></FlowId></NewOutgoingSession>`,
      'FlowId: has elements',
    ],
  ])('refuses a document %s', async (_what, text, message) => {
    await expect(xml.read(text, outgoing)).rejects.toThrow(message);
    await expect(xml.read(text, outgoing)).rejects.toThrow(FormatError);
  });

  it('refuses nil and empty items, wrong members and entries without a key', async () => {
    const read = (inside: string) => xml.read(`<NewFlow xmlns="${flows}" ${instance}>${inside}</NewFlow>`, NewFlow.request);
    await expect(read('<Roles><FlowRoles i:nil="true"/></Roles>')).rejects.toThrow('Roles[0]: is empty');
    await expect(read('<Roles><FlowRoles>Nope</FlowRoles></Roles>')).rejects.toThrow('Roles[0]: is not one of');
    await expect(read('<Nodes><FlowNode><UI><X>1.5</X></UI></FlowNode></Nodes>')).rejects.toThrow('Nodes[0].UI.X: is not a whole number');
    await expect(read('<Nodes><FlowNode><Parameters><KeyValueOfa/></Parameters></FlowNode></Nodes>')).rejects.toThrow(
      'without Key or Value',
    );
  });

  it('reads a list of requests, and names the item of which a member does not fit', async () => {
    const requests = Type.Array(outgoing);
    const list = (inside: string) => `<ArrayOfNewOutgoingSession xmlns="${contract}" ${instance}>${inside}</ArrayOfNewOutgoingSession>`;
    const item = '<NewOutgoingSession><FlowId>a</FlowId></NewOutgoingSession>';
    expect(await xml.read(list(`${item}\n<NewOutgoingSession/>`), requests)).toEqual([{ flowId: 'a' }, {}]);
    expect(await xml.read(list(''), requests)).toEqual([]);
    await expect(xml.read(list(`${item}<NewOutgoingSession><FlowId><a/></FlowId></NewOutgoingSession>`), requests)).rejects.toThrow(
      '[1].FlowId: has elements',
    );
    await expect(xml.read(list('<NewOutgoingSession i:nil="true"/>'), requests)).rejects.toThrow('[0]: is empty');
    await expect(xml.read(body(''), requests)).rejects.toThrow("The root is not the element 'ArrayOfNewOutgoingSession'");
    await expect(xml.read(list('<A/>'.repeat(1001)), requests)).rejects.toThrow('more than 1000 items');
  });

  it('refuses too much of anything', async () => {
    await expect(xml.read(body('<A>'.repeat(64) + '</A>'.repeat(64)), outgoing)).rejects.toThrow('nested more than 64 deep');
    await expect(xml.read(body('<A/>'.repeat(50_001)), outgoing)).rejects.toThrow('more than 50000 elements');
    const attributes = Array.from({ length: 50_001 }, (_, index) => `a${index}="b"`).join(' ');
    await expect(xml.read(body('', attributes), outgoing)).rejects.toThrow('more than 50000 elements');
    await expect(xml.read(body('x'.repeat(1024 * 1024)), outgoing)).rejects.toThrow('longer than');
  });

  it('does not take a billion laughs', async () => {
    const laughs = `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "${'&a;'.repeat(10)}">]>${body('<FlowId>&b;</FlowId>')}`;
    await expect(xml.read(laughs, outgoing)).rejects.toThrow('DTD');
  });

  it('lets other work have its turn while it reads a long document', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await expect(xml.read(body('<A/>'.repeat(49_000)), outgoing)).resolves.toEqual({});
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it('reads what a slice cuts in two', async () => {
    const flowId = `${'😀&amp;\r\n'.repeat(4000)}`;
    const read = await xml.read(body(`<FlowId>${flowId}</FlowId>`), outgoing);
    expect(read.flowId).toBe('😀&\n'.repeat(4000));
  });
});
