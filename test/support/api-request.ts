import type { ApiLogin } from '../../src/cli/api-client.ts';

/** Sends a request with a JSON body, as any client may; answers the status and the body, which is empty for a 204. */
export async function apiRequest(
  { url, user, password }: ApiLogin,
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      accept: 'application/json',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.text() };
}
