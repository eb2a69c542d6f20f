import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { bodySamples } from '../../src/codegen/samples.ts';
import { shownFormats } from '../../src/codegen/shown-formats.ts';
import { typeModel } from '../../src/codegen/type-model.ts';
import { json } from '../../src/formats/json.ts';
import { jsv } from '../../src/formats/jsv.ts';
import { objectShapeOf } from '../../src/formats/shape.ts';
import { xml } from '../../src/formats/xml.ts';
import { linesOf, readPage } from '../support/read-page.ts';
import { testApp } from '../support/test-app.ts';

const { app } = testApp();
afterAll(() => app.close());

const { operations } = typeModel();

describe('the page that clients of the original know', () => {
  const known = linesOf(readFileSync(new URL('../fixtures/new-outgoing-session-page.txt', import.meta.url), 'utf8'));

  it('has the same text, line by line', async () => {
    const url = '/xml/metadata?op=NewOutgoingSession&lang=typescript';
    const { body } = await app.inject({ url, headers: { host: 'evovoice.io' } });
    // The only line of our own is the tag of the operation, below its name.
    const { lines } = readPage(body);
    expect(lines[3]).toBe('Sessions');
    expect(lines.toSpliced(3, 1)).toEqual(known);
    expect(known.length).toBeGreaterThan(40);
  });

  it('differs on another server in its host alone', async () => {
    const url = '/xml/metadata?op=NewOutgoingSession&lang=typescript';
    const { body } = await app.inject({ url, headers: { host: 'voice.example' } });
    const { lines } = readPage(body);
    expect(lines.filter((line) => !known.includes(line))).toEqual(['Sessions', 'Host: voice.example']);
  });
});

/** Where a page names the members of a request: in a table, or in the code of a language. */
const tabs = [
  { lang: '', element: 'td', memberOf: ({ name }: { name: string }) => name },
  { lang: '&lang=csharp', element: 'code', memberOf: ({ name }: { name: string }) => name },
  { lang: '&lang=typescript', element: 'code', memberOf: ({ jsonName }: { jsonName: string }) => jsonName },
  { lang: '&lang=mjs', element: 'code', memberOf: ({ jsonName }: { jsonName: string }) => jsonName },
] as const;

describe.each(shownFormats)('the pages of all operations in $name', (format) => {
  it.each(tabs)('are whole and have every member of the request %o', async ({ lang, element, memberOf }) => {
    expect(operations.length).toBeGreaterThan(30);
    for (const { operation } of operations) {
      const url = `/${format.name}/metadata?op=${operation.name}${lang}`;
      const answer = await app.inject({ url });
      expect(answer.statusCode, url).toBe(200);
      const page = readPage(answer.body);
      const words = new Set(page.elements.flatMap(({ name, text }) => (name === element ? (text.match(/\w+/g) ?? []) : [])));
      const missing = objectShapeOf(operation.request)
        .members.map(memberOf)
        .filter((name) => !words.has(name));
      expect(missing, url).toEqual([]);
      expect(page.elements.filter(({ name }) => name === 'pre').at(-1)?.text, url).toContain(`: ${format.sample.contentType}`);
    }
  });
});

describe('the samples of all operations', () => {
  // CSV and JSON Lines show the sample of JSON.
  it.each([
    { shown: 'json', read: json.read, bare: (sample: string) => sample },
    { shown: 'csv', read: json.read, bare: (sample: string) => sample },
    { shown: 'jsonl', read: json.read, bare: (sample: string) => sample },
    { shown: 'xml', read: xml.read, bare: (sample: string) => sample },
    // White space in JSV belongs to the text that it is in, so what lays the sample out for people is taken away.
    { shown: 'jsv', read: jsv.read, bare: (sample: string) => sample.replace(/\n\t*/g, '').replaceAll(': ', ':') },
  ])('are read as what they are made of: $shown', async ({ shown, read, bare }) => {
    const format = shownFormats.find(({ name }) => name === shown);
    let seen = 0;
    for (const model of operations) {
      const { operation } = model;
      const samples = format && bodySamples(model, format);
      for (const [sample, schema] of [
        [samples?.request, operation.request],
        [samples?.response, operation.response],
      ] as const) {
        if (sample === undefined || schema === undefined) continue;
        const value = await read?.(bare(sample), schema);
        expect(format?.sample.write(value, schema), `${operation.name} in ${shown}`).toBe(sample);
        seen++;
      }
    }
    expect(seen).toBeGreaterThan(40);
  });
});
