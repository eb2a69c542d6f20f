import { afterAll, describe, expect, it } from 'vitest';
import { type ReadPage, readPage } from '../../test/support/read-page.ts';
import { testApp } from '../../test/support/test-app.ts';
import { pagePolicy } from '../formats/html-page.ts';

const { app, send } = testApp();
afterAll(() => app.close());

const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
const jsonBody = { 'content-type': 'application/json' };

function linksIn({ elements }: ReadPage): readonly string[] {
  return elements.filter(({ name }) => name === 'a').map(({ attributes }) => String(attributes.href));
}

describe('an answer in a browser', () => {
  it('is a page with the answer, the request, and links to the other formats', async () => {
    const answer = await send({ url: '/sessions.html?page=2&format=html&from=%2B1', headers: browser });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy });
    const page = readPage(answer.body);
    expect(page.lines).toEqual(expect.arrayContaining(['ListSessions', 'totalCount1', 'page2', 'from+1']));
    const others = ['json', 'xml', 'jsv', 'csv', 'jsonl'];
    expect(linksIn(page)).toEqual(others.map((format) => `/sessions?page=2&from=%2B1&format=${format}`));
  });

  it('is a page of every format that its links lead to', async () => {
    const page = readPage((await send({ url: '/sessions', headers: browser })).body);
    const types = await Promise.all(linksIn(page).map(async (url) => (await send({ url, headers: browser })).headers['content-type']));
    expect(types.map((type) => String(type).split(';', 1)[0])).toEqual([
      'application/json',
      'application/xml',
      'application/jsv',
      'text/csv',
      'text/jsonl',
    ]);
  });

  it('shows what went wrong, in an operation and elsewhere', async () => {
    const refused = await send({ method: 'POST', url: '/sessions/outgoing', headers: { ...browser, ...jsonBody }, payload: '{"a"' });
    expect(refused.statusCode).toBe(400);
    expect(readPage(refused.body).lines).toEqual(expect.arrayContaining(['NewOutgoingSession', 'errorCodeSerializationException']));
    const nowhere = await send({ url: '/nowhere?<script>', headers: browser });
    expect(nowhere.statusCode).toBe(404);
    expect(nowhere.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy });
    expect(readPage(nowhere.body).lines).toContain('errorCodeNotFound');
    const unknown = await send({ url: '/html/reply/Nothing', headers: browser });
    expect(unknown.statusCode).toBe(405);
    expect(readPage(unknown.body).lines).toContain('errorCodeNotImplementedException');
  });

  it('keeps what signs somebody in off the page', async () => {
    const payload = { refreshToken: 'not-to-be-seen', useTokenCookie: true };
    const answer = await send({ method: 'POST', url: '/html/reply/GetAccessToken', headers: browser, payload });
    expect(readPage(answer.body).lines).toContain('GetAccessToken');
    expect(answer.body).not.toContain('not-to-be-seen');
    const byQuery = await send({ method: 'POST', url: '/auth/credentials?userName=ada&Password=not-to-be-seen', headers: browser });
    expect(linksIn(readPage(byQuery.body))[0]).toBe('/auth/credentials?userName=ada&format=json');
    expect(byQuery.body).not.toContain('not-to-be-seen');
  });
});
