import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { dtoByName } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { NewOutgoingSession } from '../contracts/sessions.ts';
import { jsonl } from './jsonl.ts';

const newCall = NewOutgoingSession.request;
const page = dtoByName('ListResponse<SessionInfo>');
const calls = Type.Array(newCall);

describe('writing JSON Lines', () => {
  it('is a line of JSON for each item of a list and of a page', () => {
    expect(jsonl.write([{ flowId: 'a\nb', secret: 'x' }, null], calls)).toBe('{"flowId":"a\\nb"}\nnull\n');
    expect(jsonl.write({ items: [{ id: 'a' }, { id: 'b' }], totalCount: 2 }, page)).toBe('{"id":"a"}\n{"id":"b"}\n');
    expect(jsonl.write({ items: [] }, page)).toBe('');
  });

  it('is one line for anything else, errors too', () => {
    expect(jsonl.write({ flowId: 'f' }, newCall)).toBe('{"flowId":"f"}\n');
    expect(jsonl.write({ responseStatus: { errorCode: 'NotFound', errors: [] } }, ErrorResponse)).toBe(
      '{"responseStatus":{"errorCode":"NotFound","errors":[]}}\n',
    );
  });

  it('shows JSON as its sample', () => {
    expect(jsonl.sample.write({ flowId: 'String' }, newCall)).toBe('{"flowId":"String"}');
  });
});

describe('reading JSON Lines', () => {
  it('reads one line, or one for each item, whatever ends it', async () => {
    expect(await jsonl.read('{"FlowId":"f"}', newCall)).toEqual({ flowId: 'f' });
    expect(await jsonl.read('\ufeff{"flowId":"f"}\r\n\r\n', newCall)).toEqual({ flowId: 'f' });
    expect(await jsonl.read('{"flowId":"a"}\n\n {"flowId":"b"}', calls)).toEqual([{ flowId: 'a' }, { flowId: 'b' }]);
    expect(await jsonl.read('', calls)).toEqual([]);
  });

  it.each([
    ['', ''],
    ['{"flowId":"a"}\n{"flowId":"b"}', ''],
    ['{"flowId":\n"a"}', ''],
    ['null', ''],
    ['[{"flowId":"a"}]', ''],
    ['{"flowId":{}}', 'FlowId'],
  ])('refuses %j', async (text, member) => {
    await expect(jsonl.read(text, newCall)).rejects.toMatchObject({ name: 'FormatError', member });
  });

  it('says in which line a value does not fit', async () => {
    await expect(jsonl.read('{}\n{"flowId":[]}', calls)).rejects.toMatchObject({ member: '[1].FlowId' });
    await expect(jsonl.read('{}\nsecret', calls)).rejects.toThrow(/^\[1\]: The body is not JSON$/);
  });

  it('refuses what is too long, too deep or too many', async () => {
    await expect(jsonl.read(' '.repeat(1024 * 1024 + 1), calls)).rejects.toThrow('longer than');
    await expect(jsonl.read(`{"x":${'['.repeat(100)}`, calls)).rejects.toThrow('deep');
    await expect(jsonl.read('{}\n'.repeat(1001), calls)).rejects.toThrow('more than 1000 items');
    expect(await jsonl.read('{}\n'.repeat(1000), calls)).toHaveLength(1000);
    const line = `{"x":[${'1,'.repeat(9_997)}1]}\n`;
    expect(await jsonl.read(line.repeat(5), calls)).toEqual([{}, {}, {}, {}, {}]);
    await expect(jsonl.read(line.repeat(6), calls)).rejects.toThrow('more than 50000 values');
  });
});
