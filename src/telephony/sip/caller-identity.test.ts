import { describe, expect, it } from 'vitest';
import { type CallParties, writeParties } from './caller-identity.ts';

const parties: CallParties = {
  called: '0018144043093',
  caller: '+4930123456',
  domain: 'carrier.example',
  transport: ';transport=tls',
  identity: 'none',
  anonymous: false,
};

describe('writeParties', () => {
  it('names both sides in the domain, and the caller nowhere else than in From', () => {
    expect(writeParties(parties)).toEqual({
      requestUri: 'sip:0018144043093@carrier.example;transport=tls',
      from: 'sip:+4930123456@carrier.example',
      toUri: 'sip:0018144043093@carrier.example',
      headers: [],
    });
  });

  it('names the caller in the header that the carrier wants', () => {
    expect(writeParties({ ...parties, identity: 'asserted' }).headers).toEqual([
      ['P-Asserted-Identity', '<sip:+4930123456@carrier.example>'],
    ]);
    expect(writeParties({ ...parties, identity: 'preferred' }).headers).toEqual([
      ['P-Preferred-Identity', '<sip:+4930123456@carrier.example>'],
    ]);
  });

  it('names for whom a diverted call was', () => {
    expect(writeParties({ ...parties, divertedFrom: '+49301' }).headers).toEqual([
      ['Diversion', '<sip:+49301@carrier.example>;reason=deflection;counter=1'],
    ]);
  });

  it('hides an anonymous caller from the callee, and tells the carrier alone', () => {
    expect(writeParties({ ...parties, identity: 'asserted', anonymous: true })).toMatchObject({
      from: 'sip:anonymous@anonymous.invalid',
      headers: [
        ['P-Asserted-Identity', '<sip:+4930123456@carrier.example>'],
        ['Privacy', 'id'],
      ],
    });
    expect(JSON.stringify(writeParties({ ...parties, anonymous: true }))).not.toContain('4930123456');
  });
});
