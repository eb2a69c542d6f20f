import fc from 'fast-check';
import { type TSchema, Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import { anyValue } from '../../test/support/any-value.ts';
import '../../test/support/every-contract.ts';
import { type ReadPage, readPage } from '../../test/support/read-page.ts';
import { allDtos, dtoByName, dtoInfo } from '../contracts/dto.ts';
import { ErrorResponse } from '../contracts/errors.ts';
import { FlowInfo } from '../contracts/flows.ts';
import { NewOutgoingSession, SessionInfo } from '../contracts/sessions.ts';
import type { Report } from './format.ts';
import { htmlFormat } from './html.ts';
import { json } from './json.ts';
import { shapeOf } from './shape.ts';

const html = htmlFormat([{ name: 'json' }, { name: 'csv' }]);
const answeredAt = new Date('2026-11-24T20:15:30.123Z');
const sessions = dtoByName('ListResponse<SessionInfo>');

function reportOn(more: Partial<Report> = {}): Report {
  return { operation: 'GetSession', address: '/sessions/1', answeredAt, ...more };
}

function pageOf(value: unknown, schema: TSchema, report?: Report): ReadPage {
  return readPage(html.write(value, schema, report));
}

function data(page: ReadPage, id: string): unknown {
  const element = page.elements.find(({ attributes }) => attributes.id === id);
  return element && JSON.parse(element.text);
}

describe('a page about an answer', () => {
  it('says of which operation and when, and has no column, row or cell for what is absent', () => {
    const value = {
      items: [
        { id: '1', ended: false },
        { id: '2', destination: '' },
      ],
      totalCount: 2,
    };
    const page = pageOf(value, sessions, reportOn({ operation: 'ListSessions' }));
    expect(page.elements.find(({ name }) => name === 'title')?.text).toBe('ListSessions Snapshot of 2026-11-24 20:15:30 UTC');
    expect(page.lines).toEqual([
      'ListSessions',
      'Answered by Ringflow at 2026-11-24 20:15:30 UTC',
      'Response',
      'items',
      'iddestinationended',
      '1false',
      '2',
      'totalCount2',
    ]);
  });

  it('shows the request beside the answer, and both as JSON for scripts that read pages', () => {
    const request = { value: { flowId: 'f', secret: 'not declared' }, schema: NewOutgoingSession.request };
    const page = pageOf({ id: '1', log: [] }, SessionInfo, reportOn({ request }));
    expect(page.lines.slice(2)).toEqual(['Response', 'id1', 'lognone', 'Request', 'flowIdf']);
    expect(data(page, 'response')).toEqual({ id: '1', log: [] });
    expect(data(page, 'request')).toEqual({ flowId: 'f' });
  });

  it('leads to the same answer in the other formats, and never to another server', () => {
    const linksOf = (address: string) =>
      pageOf({}, SessionInfo, reportOn({ address })).elements.flatMap(({ name, attributes }) => (name === 'a' ? [attributes.href] : []));
    expect(linksOf('/sessions/1')).toEqual(['/sessions/1?format=json', '/sessions/1?format=csv']);
    expect(linksOf('/sessions?from=%2B1&to="')).toEqual(['/sessions?from=%2B1&to="&format=json', '/sessions?from=%2B1&to="&format=csv']);
    expect(linksOf('//evil.example/a')[0]).toBe('/evil.example/a?format=json');
    expect(linksOf('/\\evil.example')[0]).toBe('/evil.example?format=json');
    expect(linksOf('javascript:alert(1)')[0]).toBe('/javascript:alert(1)?format=json');
  });

  it('shows errors of any request', () => {
    const error = { responseStatus: { errorCode: 'NotEmpty', message: "'FlowId' is required", errors: [] } };
    const page = pageOf(error, ErrorResponse);
    expect(page.lines).toEqual([
      'ErrorResponse',
      'Response',
      'responseStatus',
      'errorCodeNotEmpty',
      "message'FlowId' is required",
      'errorsnone',
    ]);
    expect(data(page, 'response')).toEqual(error);
  });

  it('shows lists of texts, dictionaries, and values that a list of a batch does not have', () => {
    expect(pageOf([{ id: '1', metadata: { a: 'b', none: null } }, null], Type.Array(SessionInfo)).lines.slice(2)).toEqual([
      'idmetadata',
      '1',
      'ab',
    ]);
    expect(pageOf({ roles: ['UI', 'Reference'] }, FlowInfo).lines.slice(2)).toEqual(['roles', 'UI', 'Reference']);
    expect(pageOf([null, null], Type.Array(Type.String())).lines).toEqual(['Answer', 'Response']);
  });
});

const attacks = [
  '<script>alert(1)</script>',
  '</script><img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '<!--',
  ']]>',
  '&lt;b&gt;',
  '\u2028\u0000\ud800',
];

describe('a text that is markup', () => {
  it.each(attacks)('is text wherever it stands: %j', (text) => {
    const value = { id: text, metadata: { [text]: text }, log: [{ message: text }] };
    const request = { value: { flowId: text }, schema: NewOutgoingSession.request };
    const page = pageOf(value, SessionInfo, { operation: text, address: `/${text}?a=${text}`, answeredAt, request });
    const plain = pageOf({ id: 'x', metadata: { x: 'x' }, log: [{ message: 'x' }] }, SessionInfo, {
      operation: 'x',
      address: '/x?a=x',
      answeredAt,
      request: { value: { flowId: 'x' }, schema: NewOutgoingSession.request },
    });
    const structure = ({ elements }: ReadPage) => elements.map(({ name, attributes }) => [name, Object.keys(attributes)]);
    expect(structure(page)).toEqual(structure(plain));
  });

  it('cannot change the page of any type, and the JSON in the page is the answer', () => {
    const names = new Set([
      'html',
      'head',
      'meta',
      'title',
      'link',
      'style',
      'body',
      'header',
      'nav',
      'main',
      'h1',
      'h2',
      'p',
      'time',
      'a',
    ]);
    for (const name of ['ul', 'ol', 'li', 'div', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'script']) names.add(name);
    for (const schema of allDtos()) {
      fc.assert(
        fc.property(anyValue(shapeOf(schema)), (value) => {
          const text = html.write(value, schema, reportOn({ request: { value, schema } }));
          const page = readPage(text);
          for (const element of page.elements) expect(names, element.name).toContain(element.name);
          expect(data(page, 'response'), dtoInfo(schema)?.name).toEqual(JSON.parse(json.write(value, schema)));
          // A browser ends such an element at its end tag only: there is one for each.
          expect(text.split('<script').length).toBe(3);
          expect(text.split('</script').length).toBe(3);
        }),
        { seed: 1, numRuns: 5 },
      );
    }
  });
});

describe('a large answer', () => {
  /** Of what stands in a page for people: all but the JSON. */
  const shownLength = (page: string) => page.indexOf('<script');
  const note = 'There is more than this page shows. All of it is in the other formats.';

  it.each([
    ['a long list', { items: Array.from({ length: 50_000 }, (_, index) => ({ id: String(index), ended: true })) }, sessions],
    ['many entries', { metadata: Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`k${index}`, 'v'])) }, SessionInfo],
    ['a long text', { id: 'x'.repeat(1_000_000) }, SessionInfo],
    ['long lists in a list', { items: Array.from({ length: 300 }, () => ({ log: Array(300).fill({ message: 'm' }) })) }, sessions],
  ])('is shown as far as a page can be read, and is whole as JSON: %s', (_, value, schema) => {
    const page = html.write(value, schema, reportOn());
    expect(shownLength(page)).toBeLessThan(400_000);
    expect(page).toContain(note);
    expect(data(readPage(page), 'response')).toEqual(value);
  });

  it('says nothing of the kind when all is shown', () => {
    expect(html.write({ items: Array(500).fill({ id: '1' }) }, sessions, reportOn())).not.toContain(note);
  });
});
