import { describe, expect, it } from 'vitest';
import '../../test/support/every-contract.ts';
import { readPage } from '../../test/support/read-page.ts';
import { parameterTables } from './parameter-tables.ts';
import { typeModel } from './type-model.ts';

interface ReadTables {
  /** Cells by the caption of their table. */
  readonly rows: Readonly<Record<string, readonly (readonly string[])[]>>;
  readonly enums: readonly string[];
  readonly text: string;
}

function tablesOf(name: string): ReadTables {
  const operation = typeModel().operationNamed(name);
  if (!operation) throw new Error(`No operation ${name}`);
  const { text } = parameterTables(operation);
  const { elements, lines } = readPage(`<main>${text}</main>`);
  const rows: Record<string, string[][]> = {};
  let table: string[][] = [];
  for (const element of elements) {
    if (element.name === 'caption') {
      table = [];
      rows[element.text] = table;
    }
    if (element.name === 'tr') table.push([]);
    if (element.name === 'td') table.at(-1)?.push(element.text);
  }
  return { rows, enums: lines.filter((line) => line.endsWith(' Enum:')), text };
}

describe('the tables of parameters', () => {
  it('have the members of a request in the order of declaration', () => {
    expect(tablesOf('NewOutgoingSession').rows).toEqual({
      'NewOutgoingSession Parameters:': [
        [],
        ['FlowId', 'body', 'string', 'No', 'The ID of the flow to use. This flow will be executed as soon as the call is answered.'],
        ['NumberToDial', 'body', 'string', 'No', 'The E164 number to dial, e.g. +18144043093'],
        ['CallerId', 'body', 'string', 'No', 'The Caller ID to use. This must be the E164 number of an owned phone number'],
      ],
    });
  });

  it('say where a member stands: in the path, the query, or the form of another type', () => {
    const { rows } = tablesOf('EndSession');
    expect(rows['EndSession Parameters:']?.map(([name, place]) => [name, place])).toEqual([
      [undefined, undefined],
      ['SessionId', 'path'],
      ['CallSid', 'query'],
    ]);
    const list = tablesOf('ListFiles').rows;
    expect(list['ListFiles Parameters:']?.slice(1).every(([, place]) => place === 'query')).toBe(true);
    expect(list['FileInfo Parameters:']?.slice(1).every(([, place]) => place === 'form')).toBe(true);
  });

  it('are one for the request, its bases, and all types that these and the answer refer to; enums are lists', () => {
    const { rows, enums, text } = tablesOf('ListFiles');
    expect(Object.keys(rows)).toEqual([
      'ListFiles Parameters:',
      'ListRequest<T> Parameters:',
      'FileInfo Parameters:',
      'EntityInfo Parameters:',
      'ListResponse<T> Parameters:',
    ]);
    expect(enums).toEqual(['SortOrders Enum:', 'FileTypes Enum:']);
    expect(text).toContain('<ul><li>Ascend</li><li>Descend</li></ul>');
  });

  it('spell types as C# does, and say what is always there', () => {
    const { rows } = tablesOf('ListFiles');
    expect(rows['ListFiles Parameters:']?.[1]?.slice(0, 4)).toEqual(['AccountIds', 'query', 'List<string>', 'No']);
    expect(rows['FileInfo Parameters:']?.find(([name]) => name === 'RecordingDuration')?.[2]).toBe('int?');
    expect(rows['ListResponse<T> Parameters:']?.[1]?.slice(0, 4)).toEqual(['Items', 'form', 'List<T>', 'Yes']);
  });

  it('say so when a request has no members', () => {
    expect(tablesOf('GetAuthStatus').text).toContain('<p><b>GetAuthStatus</b> Parameters: none</p>');
  });
});
