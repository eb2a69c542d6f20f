import { expect, it } from 'vitest';
import { codecOf } from './agreed-codec.ts';

const remote = { address: '10.0.0.2', port: 4000 };
const agreed = { remote, direction: 'sendrecv', telephoneEvent: 101 } as const;

it('comfort noise is taken unasked beside a codec of its clock, and is nothing beside another (RFC 3389 section 4)', () => {
  expect(codecOf(13, { ...agreed, codec: 'PCMU', payloadType: 0 })).toBe('CN');
  expect(codecOf(13, { ...agreed, codec: 'G722', payloadType: 9 })).toBe('CN');
  expect(codecOf(13, { ...agreed, codec: 'opus', payloadType: 107 })).toBeUndefined();
});

it('a payload type is what was agreed on, and nothing otherwise', () => {
  const media = { ...agreed, codec: 'PCMA', payloadType: 8, accepts: [{ codec: 'PCMU', payloadType: 0 }] } as const;
  expect([0, 8, 101, 9, 96].map((type) => codecOf(type, media))).toEqual(['PCMU', 'PCMA', 'telephone-event', undefined, undefined]);
});
