import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wireFormats } from '../formats/formats.ts';
import { json } from '../formats/json.ts';
import { xml } from '../formats/xml.ts';
import { parseFields } from './address.ts';
import { answerFormat, type Wishes } from './negotiate.ts';

const nothing: Wishes = { suffix: undefined, route: undefined, query: [], accept: undefined, contentType: undefined };
const format = (wishes: Partial<Wishes>) => answerFormat({ ...nothing, ...wishes }).name;

describe('the format of an answer', () => {
  it('is JSON when nothing is said, whatever the body is', () => {
    expect(format({})).toBe('json');
    expect(format({ contentType: 'application/xml' })).toBe('json');
  });

  it('is that of the suffix before all else', () => {
    expect(format({ suffix: xml, accept: 'application/json', query: parseFields('format=json') })).toBe('xml');
    expect(format({ suffix: json, accept: 'application/xml' })).toBe('json');
  });

  it('is JSON for a callback, then that of ?format, of which an unknown one counts for nothing', () => {
    expect(format({ query: parseFields('callback=cb&format=xml') })).toBe('json');
    expect(format({ query: parseFields('callback=&format=xml') })).toBe('xml');
    expect(format({ query: parseFields('FORMAT=XML.x'), accept: 'application/json' })).toBe('xml');
    expect(format({ query: parseFields('format=nope'), accept: 'application/xml' })).toBe('xml');
  });

  it('is that of a predefined route, which ignores Accept but not ?format', () => {
    expect(format({ route: json, accept: 'application/xml' })).toBe('json');
    expect(format({ route: json, query: parseFields('format=xml') })).toBe('xml');
  });

  it.each([
    ['application/json;q=0.1, application/xml;q=0.9', 'json'],
    ['application/xml, application/json', 'xml'],
    ['application/xml;q=0.1', 'xml'],
    ['text/xml', 'xml'],
    ['APPLICATION/XML', 'xml'],
    ['application/jsv', 'jsv'],
    ['text/jsv', 'jsv'],
    ['text/csv;header=present, application/json', 'csv'],
    ['text/jsonl', 'jsonl'],
    ['text/json', 'json'],
    ['application/x-unknown', 'json'],
    ['application/x-unknown, application/xml', 'json'],
    ['', 'json'],
  ])('Accept: %s', (accept, expected) => {
    expect(format({ accept, contentType: 'application/json' })).toBe(expected);
  });

  it('is that of the body when anything is accepted', () => {
    expect(format({ accept: '*/*', contentType: 'text/xml; charset=utf-8' })).toBe('xml');
    expect(format({ accept: '*/*', contentType: 'application/x-www-form-urlencoded' })).toBe('json');
    expect(format({ accept: '*/*' })).toBe('json');
  });

  it('is always one that is served', () => {
    fc.assert(
      fc.property(
        fc.option(fc.string(), { nil: undefined }),
        fc.option(fc.string(), { nil: undefined }),
        fc.string(),
        (accept, contentType, query) => {
          expect(wireFormats).toContain(answerFormat({ ...nothing, accept, contentType, query: parseFields(query) }));
        },
      ),
      { seed: 5 },
    );
  });
});
