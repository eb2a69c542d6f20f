import { describe, expect, it } from 'vitest';
import { SipParseError } from '../../src/telephony/sip/sip-parse-error.ts';
import { peerOf, referTargetOf } from '../../src/telephony/transfer-target.ts';
import { twoDialogs } from '../support/sip-call.ts';

it.each([
  ['+15550003', 'sip:+15550003@10.0.0.2'],
  ['#31#*9', 'sip:%2331%23*9@10.0.0.2'],
  ['sip:carol@c.example', 'sip:carol@c.example'],
])('a transfer to %s is one to %s: a number is one of the host of the peer', async (to, uri) => {
  const { caller, scene } = await twoDialogs();
  expect(referTargetOf(to, caller.state)).toEqual({ uri });
  await scene.close();
});

describe('who was called, as the other side is asked for it', () => {
  const called = '+15550003';
  /** What the peer at 10.0.0.2 is asked to call when who was called answers with this Contact. */
  const asked = async (remoteTarget: string, name = called) => {
    const { caller, scene } = await twoDialogs();
    const { state } = caller;
    const target = () => peerOf({ ...state, callId: 'c', remoteTag: 'r', localTag: 'l', remoteTarget }, name, state).uri;
    await scene.close();
    return target;
  };

  it.each([
    ['the number that was called', 'sip:+15550003@10.0.0.2'],
    ['the same without a plus', 'sip:15550003@sbc.example;transport=tcp'],
    ['the same with parameters', 'sip:+15550003;tgrp=a@10.0.0.2:5070'],
    ['a host of the peer', 'sip:10.0.0.2:5060'],
    ['a name at a host of its own', 'sip:line-4711a@10.0.0.9'],
    ['one of several calls of a phone', 'sip:+15550003-0x5a1@10.0.0.2:5062'],
  ])('may be %s', async (_what, contact) => {
    expect((await asked(contact))()).toBe(contact);
  });

  it('may be the name of a user, at any host', async () => {
    expect((await asked('sip:alice@10.0.0.2', 'alice'))()).toBe('sip:alice@10.0.0.2');
  });

  it.each([
    ['another number at the host of the peer', 'sip:+19005550000@10.0.0.2'],
    ['another number at another port of it', 'sip:+19005550000@10.0.0.2:5080'],
    ['another number at a host that the peer may not look at', 'sip:+19005550000@10.0.0.9'],
    ['another number, escaped', 'sip:%2b19005550000@10.0.0.9'],
    ['another number, with marks', 'sip:1-900-(555).0000@10.0.0.9'],
    ['another number, with parameters', 'sip:+19005550000;phone-context=x@10.0.0.9'],
    ['another number that begins as the one that was called', 'sip:+15550003-19@10.0.0.9'],
    ['a short number', 'sip:*72@10.0.0.9'],
    ['the end of the number', 'sip:0003@10.0.0.9'],
    ['another name at the host of the peer', 'sip:premium@10.0.0.2'],
    ['another name that is sent there', 'sip:premium@10.0.0.9;maddr=10.0.0.2'],
    ['another name at a host of ours', 'sip:premium@10.0.0.1'],
  ])('may not be %s', async (_what, contact) => {
    expect(await asked(contact)).toThrow(SipParseError);
  });

  it.each([
    ['a name', 'sbc.example', 'SBC.Example.'],
    ['an address', '[2001:db8::9]', '[2001:DB8:0:0:0:0:0:9]'],
  ])('may not be another name at a host that is %s in another spelling', async (_what, host, otherwise) => {
    const { caller, scene } = await twoDialogs();
    const { state } = caller;
    const peer = { ...state, remoteTarget: `sip:${host}` };
    expect(() => peerOf({ ...state, remoteTarget: `sip:x@${otherwise}` }, called, peer)).toThrow(SipParseError);
    await scene.close();
  });
});
