import { describe, expect, it } from 'vitest';
import { testApp } from '../../test/support/test-app.ts';

const headers = { 'content-type': 'multipart/form-data; boundary=BB' };
const file = part('name="file"; filename="a.wav"', 'RIFF', 'Content-Type: audio/wav\r\n');

function part(disposition: string, content: string, more = ''): string {
  return `--BB\r\nContent-Disposition: form-data${disposition && '; '}${disposition}\r\n${more}\r\n${content}\r\n`;
}

describe('a multipart body', () => {
  it('may have parts without a name, which nothing is bound from', async () => {
    const { send, services } = testApp();
    const payload = `${part('', 'x')}${part('name="flowId"', 'f')}${part('name="numberToDial"', '+1')}${part('name=""', 'y')}--BB--\r\n`;
    const answer = await send({ method: 'POST', url: '/sessions/outgoing', headers, payload });
    expect(answer.statusCode, answer.body).toBe(204);
    expect(services.calls[0]?.request).toEqual({ flowId: 'f', numberToDial: '+1' });
  });

  it('may have a part of JSON', async () => {
    const { send, services } = testApp();
    const asJson = 'Content-Type: application/json\r\n';
    const payload = `${part('name="name"', '"A flow"', asJson)}${part('name="nodes"', '[{"id":"n1"}]', asJson)}--BB--\r\n`;
    expect((await send({ method: 'POST', url: '/flows', headers, payload })).statusCode).toBe(200);
    expect(services.calls[0]?.request).toEqual({ name: 'A flow', nodes: [{ id: 'n1' }] });
  });

  it('with a field that is too long is refused, not cut', async () => {
    const { send, services } = testApp();
    const payload = `${part('name="fileName"', 'x'.repeat(70_000))}${file}--BB--\r\n`;
    const answer = await send({ method: 'POST', url: '/files', headers, payload });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().responseStatus.message).toContain('longer than 65536');
    expect(services.uploads).toEqual([]);
  });

  it.each([
    ['without a header', '--BB\r\n\r\n'],
    ['that is no field', '--BB\r\nContent-Disposition: attachment\r\n\r\n'],
  ])(
    'may have a long part %s, which is passed over',
    async (_what, head) => {
      const { send, services } = testApp();
      const payload = `${head}${'x'.repeat(20_000)}\r\n${part('name="flowId"', 'f')}${part('name="numberToDial"', '+1')}--BB--\r\n`;
      expect((await send({ method: 'POST', url: '/sessions/outgoing', headers, payload })).statusCode).toBe(204);
      expect(services.calls[0]?.request).toEqual({ flowId: 'f', numberToDial: '+1' });
    },
    2000,
  );
});
