import { afterAll, describe, expect, it } from 'vitest';
import { readPage } from '../../test/support/read-page.ts';
import { testApp } from '../../test/support/test-app.ts';
import { allOperations } from '../contracts/dto.ts';
import { pagePolicy } from '../formats/html-page.ts';

const { app } = testApp();
afterAll(() => app.close());

const formats = ['json', 'xml', 'jsv', 'csv', 'jsonl'];

async function pageAt(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const answer = await app.inject({ url, headers: { accept: 'application/json', ...headers } });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy });
  return answer.body;
}

describe('the index of operations', () => {
  it.each(['/metadata', '/metadata/'])('%s lists all, each with its page in every format', async (url) => {
    const { elements, lines } = readPage(await pageAt(url));
    expect(lines).toContain('The following operations are available.');
    const links = elements.map(({ attributes }) => attributes.href);
    const missing = allOperations().flatMap(({ name }) => formats.map((format) => `/${format}/metadata?op=${name}`));
    expect(missing.filter((link) => !links.includes(link))).toEqual([]);
  });

  it('is in the order of names', async () => {
    const { elements } = readPage(await pageAt('/metadata'));
    const names = elements.flatMap(({ attributes: { href = '' } }) => href.split('/json/metadata?op=')[1] ?? []);
    expect(names).toEqual(
      allOperations()
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('has a lock at what needs a login, and says who may call it', async () => {
    const { elements } = readPage(await pageAt('/metadata'));
    const rowOf = (name: string) => elements.find((element) => element.name === 'tr' && element.text.startsWith(name))?.text;
    const links = 'JSONXMLJSVCSVJSONL';
    expect(rowOf('NewOutgoingSession')).toBe(
      `NewOutgoingSessionRequires Roles: Manager?, SystemAdministrator?${links}Manager, SystemAdministrator`,
    );
    expect(rowOf('AssignRoles')).toBe(`AssignRolesRequires Roles: Admin${links}Admin`);
    expect(rowOf('GetSession')).toBe(`GetSessionRequires Authentication${links}any login`);
    expect(rowOf('GetAuthStatus')).toBe(`GetAuthStatus${links}anybody`);
  });

  it('leads to pages that are there', async () => {
    const { elements } = readPage(await pageAt('/metadata'));
    const links = new Set(
      elements.flatMap(({ name, attributes: { href = '' } }) => (name === 'a' && !href.includes('?op=') ? [href] : [])),
    );
    expect(links).toContain('/types');
    expect(links).toContain('/openapi.json');
    expect(links).toContain('/docs');
    for (const url of links) expect((await app.inject({ url })).statusCode, url).toBe(200);
  });

  it.each(formats)('of %s alone leads to its pages only', async (format) => {
    const { elements } = readPage(await pageAt(`/${format}/metadata`));
    const links = elements.flatMap(({ attributes: { href = '' } }) => (href.includes('?op=') ? [href] : []));
    expect(links.length).toBe(allOperations().length);
    expect(links.every((link) => link.startsWith(`/${format}/metadata?op=`))).toBe(true);
    expect(readPage(await pageAt(`/${format}/metadata?op=`)).elements.length).toBe(elements.length);
  });
});

describe('the page of an operation', () => {
  it('is found by its name in any case, and so is the language', async () => {
    const page = await pageAt('/json/metadata?op=newoutgoingsession&lang=CSharp');
    expect(page).toContain('<h2>NewOutgoingSession</h2>');
    expect(page).toContain('public partial class NewOutgoingSession');
  });

  it('has the tables of parameters for a language that it does not know', async () => {
    expect(await pageAt('/json/metadata?op=GetSession&lang=<b>')).toBe(await pageAt('/json/metadata?op=GetSession'));
  });

  it('says how to get code in a language that there is no generator for', async () => {
    const { lines, elements } = readPage(await pageAt('/xml/metadata?op=GetSession&lang=dart'));
    expect(lines.join(' ')).toContain('There is no Dart code here. Make it from /openapi.json with a generator for Dart');
    expect(elements.find(({ text, attributes }) => text === 'Dart' && attributes['aria-current'])?.attributes.href).toBe(
      '/xml/metadata?op=GetSession&lang=dart',
    );
  });

  it('has the host that clients reach, and nothing else that a header may say', async () => {
    expect(await pageAt('/json/metadata?op=GetSession', { host: 'voice.example:8080' })).toContain('Host: voice.example:8080 \n');
    expect(await pageAt('/json/metadata?op=GetSession', { host: '<script>' })).not.toContain('<script>');
    const behind = testApp({ publicUrl: 'https://voice.example' });
    const { body } = await behind.app.inject({ url: '/json/metadata?op=GetSession', headers: { host: 'inside' } });
    expect(body).toContain('Host: voice.example \n');
    await behind.app.close();
  });

  it('is not there for an operation that is not', async () => {
    const answer = await app.inject({ url: '/json/metadata?op=Nothing%3Cb%3E' });
    expect([answer.statusCode, answer.statusMessage]).toEqual([403, 'Service Not Available']);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.body).toBe('There is no operation with this name. See /metadata for all operations.\n');
  });

  it.each(['/html/metadata?op=GetSession', '/soap11/metadata?op=GetSession'])(
    'is not there in a format that is not shown: %s',
    async (url) => {
      expect((await app.inject({ url })).statusCode).toBe(404);
    },
  );
});
