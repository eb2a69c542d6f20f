import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extraHeaders } from '../../src/telephony/sip/extra-headers.ts';
import { parseNameAddress } from '../../src/telephony/sip/parse-address.ts';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { CALLEE, CallLog, request, sipScene } from '../support/sip-agents.ts';

const CRLF = ['\r\n', '\n', '\r', '\r\n\r\n', '\0', '\u0085', '\u2028', '\r\nX-Evil: 1', '\r\n\r\nINVITE sip:x SIP/2.0\r\n'];
const SEPARATORS = ['>', '<', '"', ';tag=x', ', <sip:b@h>', '@', ' ', '\t', '%0d%0a', '?X-Evil=1', '\\', ';transport=tls'];
/** Any text, and texts made of what could break out of where it stands. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.array(fc.oneof(fc.constantFrom(...CRLF, ...SEPARATORS), fc.string({ maxLength: 5 })), { maxLength: 8 }).map((parts) => parts.join('')),
);

const OURS = [
  'Allow',
  'CSeq',
  'Call-ID',
  'Contact',
  'Content-Length',
  'Content-Type',
  'From',
  'Max-Forwards',
  'Supported',
  'To',
  'User-Agent',
  'Via',
];

/** The messages that leave when a call is placed with these texts; TCP ones too. */
async function sentWith(more: Parameters<typeof request>[1]) {
  const sent: Uint8Array[] = [];
  const scene = sipScene(undefined, (bytes, _from, { address }) => {
    if (address === CALLEE.address) sent.push(new Uint8Array(bytes));
    return 'drop';
  });
  const call = new CallLog();
  scene.caller.invite(request('udp', more), call).cancel();
  await scene.close();
  return { sent, call };
}

/** A message that is one, with our headers and `allowed` ones and none besides, each once. */
function expectOnlyOurs(bytes: Uint8Array, allowed: readonly string[] = []) {
  const message = parseMessage(bytes);
  if (message.kind !== 'request') throw new Error('It is not a request');
  const head = Buffer.from(bytes).toString('utf8').split('\r\n\r\n')[0] ?? '';
  const names = [...message.headers.entries()].map(([name]) => name).filter((name) => !OPTIONAL.includes(name));
  expect(names.sort()).toEqual([...OURS, ...allowed].sort());
  expect(head.split('\r\n').slice(1)).toHaveLength([...message.headers.entries()].length);
  expect(head.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(message.body).toHaveLength(Number(message.headers.first('Content-Length')));
  return message;
}
const OPTIONAL = ['Session-Expires', 'Min-SE'];

describe('whatever texts a call is placed with', () => {
  it('the URIs of caller and callee stay one URI each, or nothing is sent', async () => {
    let sentSome = 0;
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (from, to, target) => {
        const uris = { from: `sip:${from}@10.0.0.1`, toUri: `sip:${to}@10.0.0.2`, requestUri: `sip:${target}@10.0.0.2` };
        const { sent, call } = await sentWith(uris);
        if (sent.length === 0) expect(call.failure?.why).toMatch(/transport|cancelled/);
        for (const bytes of sent) {
          sentSome++;
          const message = expectOnlyOurs(bytes);
          expect(message.uri).toBe(uris.requestUri);
          expect(parseNameAddress(message.headers.first('From') ?? '').uri).toBe(uris.from);
          expect(parseNameAddress(message.headers.first('To') ?? '').uri).toBe(uris.toUri);
          expect([...parseNameAddress(message.headers.first('From') ?? '').params.keys()]).toEqual(['tag']);
          expect([...parseNameAddress(message.headers.first('To') ?? '').params.keys()]).toEqual([]);
        }
      }),
      { seed: 11, numRuns: 500 },
    );
    expect(sentSome).toBeGreaterThan(20);
  });

  it('extra headers stay what they are, or nothing is sent', async () => {
    let sentSome = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.constant('X-Note'),
          hostile.map((text) => `X-${text}`),
          hostile,
        ),
        hostile,
        async (name, value) => {
          let headers: ReturnType<typeof extraHeaders>;
          try {
            headers = extraHeaders({ [name]: value });
          } catch {
            return;
          }
          const { sent } = await sentWith({ headers });
          for (const bytes of sent) {
            sentSome++;
            const message = expectOnlyOurs(bytes, [name]);
            expect(message.headers.first(name)).toBe(value.replace(/^[ \t]+|[ \t]+$/g, ''));
          }
        },
      ),
      { seed: 12, numRuns: 1000 },
    );
    expect(sentSome).toBeGreaterThan(50);
  });
});
