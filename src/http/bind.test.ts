import { describe, expect, it } from 'vitest';
import { ListSessions, NewOutgoingSession } from '../contracts/sessions.ts';
import { json } from '../formats/json.ts';
import { xml } from '../formats/xml.ts';
import { AppError } from '../kernel/errors.ts';
import { type BindSource, bind } from './bind.ts';

const schema = NewOutgoingSession.request;
const nothing: BindSource = { body: undefined, contentType: undefined, route: undefined, form: undefined, path: [], query: [] };
const read = (source: Partial<BindSource>) => bind(schema, { ...nothing, ...source });
const body = (text: string) => Buffer.from(text);

async function refused(run: () => Promise<unknown>): Promise<AppError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('binding a request', () => {
  it.each(['application/json', 'text/json', 'Application/JSON; charset=utf-8'])('reads a body of type %s', async (contentType) => {
    expect(await read({ body: body('{"flowId":"f"}'), contentType })).toEqual({ flowId: 'f' });
  });

  it('reads XML and forms', async () => {
    const text =
      '<NewOutgoingSession xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Sessions"><FlowId>f</FlowId></NewOutgoingSession>';
    expect(await read({ body: body(text), contentType: 'text/xml' })).toEqual({ flowId: 'f' });
    const form = 'flowId=f&numberToDial=%2B18144043093';
    expect(await read({ body: body(form), contentType: 'application/x-www-form-urlencoded' })).toEqual({
      flowId: 'f',
      numberToDial: '+18144043093',
    });
  });

  it.each([
    ['application/json', '{"flowId":"f"}'],
    ['application/jsv', '{flowId:f}'],
    ['text/csv', 'FlowId\r\nf\r\n'],
    ['text/jsonl', '{"flowId":"f"}\n'],
    ['application/x-www-form-urlencoded', 'flowId=f'],
  ])('passes over a byte order mark before %s', async (contentType, text) => {
    expect(await read({ body: body(`\ufeff${text}`), contentType })).toEqual({ flowId: 'f' });
  });

  it('takes no body, an empty one, and one of an unknown type for an empty request', async () => {
    expect(await read({})).toEqual({});
    expect(await read({ body: body(''), contentType: 'application/json' })).toEqual({});
    expect(await read({ body: body('{"flowId":"f"}'), contentType: 'text/plain' })).toEqual({});
    expect(await read({ body: body('{"flowId":"f"}') })).toEqual({});
  });

  it('lays path, query and form over the body, in this order', async () => {
    const source = {
      body: body('flowId=form'),
      contentType: 'application/x-www-form-urlencoded',
      path: [['flowId', 'path']] as const,
      query: [
        ['flowId', 'query'],
        ['callerId', 'query'],
      ] as const,
    };
    expect(await read(source)).toEqual({ flowId: 'form', callerId: 'query' });
    const json = { body: body('{"flowId":"body","numberToDial":"body"}'), contentType: 'application/json' };
    expect(await read({ ...json, path: [['flowId', 'path']], query: [['FLOWID', 'query']] })).toEqual({
      flowId: 'query',
      numberToDial: 'body',
    });
  });

  it('reads the body of a predefined route in its format, whatever its type, and fills only what is unset from the query', async () => {
    const text = '{"numberToDial":"body"}';
    const query = [
      ['numberToDial', 'query'],
      ['flowId', 'query'],
    ] as const;
    expect(await read({ body: body(text), contentType: 'text/plain;charset=UTF-8', route: json, query })).toEqual({
      numberToDial: 'body',
      flowId: 'query',
    });
    const error = await refused(() => read({ body: body(text), contentType: 'application/json', route: xml }));
    expect(error.message).toContain("Could not deserialize 'application/xml' request");
    expect(await read({ body: body('flowId=form'), contentType: 'application/x-www-form-urlencoded', route: json })).toEqual({
      flowId: 'form',
    });
  });

  it('prefers the fields of a multipart body over the query', async () => {
    expect(
      await read({ form: [['flowId', 'form']], query: [['flowId', 'query']], contentType: 'multipart/form-data; boundary=b' }),
    ).toEqual({
      flowId: 'form',
    });
  });
});

describe('a request that cannot be bound', () => {
  it('says which body, which type and why, in the words of the original', async () => {
    const error = await refused(() => read({ body: body('not json'), contentType: 'application/json; charset=utf-8' }));
    expect(error).toMatchObject({ status: 400, errorCode: 'SerializationException', fields: [] });
    expect(error.message).toBe(
      "Could not deserialize 'application/json' request using Voice.Api.Sessions.NewOutgoingSession'\nError: The body does not begin with '{'",
    );
  });

  it('names the member of the body that does not fit', async () => {
    const error = await refused(() => read({ body: body('{"flowId":{}}'), contentType: 'application/json' }));
    expect(error.fields.map((field) => field.fieldName)).toEqual(['FlowId']);
  });

  it('lists every member of the query that does not fit', async () => {
    const error = await refused(() =>
      bind(ListSessions.request, {
        ...nothing,
        query: [
          ['page', 'x'],
          ['all', 'maybe'],
        ],
      }),
    );
    expect(error.message).toBe("Unable to bind to request 'ListSessions'");
    expect(error.fields.map((field) => field.fieldName)).toEqual(['Page', 'All']);
  });

  it('is one with bytes that are not UTF-8, or a form without end', async () => {
    expect((await refused(() => read({ body: Buffer.from([0x7b, 0xff, 0x7d]), contentType: 'application/json' }))).message).toContain(
      'not UTF-8',
    );
    const form = { body: body('a&'.repeat(1001)), contentType: 'application/x-www-form-urlencoded' };
    expect((await refused(() => read(form))).message).toContain('more than 1000 fields');
  });
});
