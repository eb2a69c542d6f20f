import { describe, expect, it } from 'vitest';
import { CallbackRefused, checkCallbackUrl, reachableAddresses } from './callback-url.ts';
import { addressCheck } from './public-address.ts';

const never = new AbortController().signal;

describe('checkCallbackUrl', () => {
  it.each([
    'https://hooks.example.com/calls?token=1',
    'http://example.com',
    'https://user:secret@example.com:8443/x',
    'http://8.8.8.8:1024/',
    'https://[2606:4700::1111]/',
  ])('takes %s', (url) => expect(checkCallbackUrl(url)).toBeUndefined());

  it.each([
    ['', /https:\/\//],
    ['hooks', /https:\/\//],
    ['ftp://example.com/', /https:\/\//],
    ['javascript:alert(1)', /https:\/\//],
    ['file:///etc/passwd', /https:\/\//],
    [`https://example.com/${'x'.repeat(2000)}`, /2000/],
    ['http://example.com:0/', /port/],
    ['http://example.com:22/', /port/],
    ['http://example.com:25/', /port/],
    ['http://127.0.0.1/', /public/],
    ['http://2130706433/', /public/],
    ['http://0x7f.1/', /public/],
    ['http://0177.0.0.1/', /public/],
    ['http://①②⑦.0.0.1/', /public/],
    ['http://[::1]/', /public/],
    ['http://[::ffff:10.0.0.1]/', /public/],
    ['http://169.254.169.254/latest/meta-data/', /public/],
  ])('refuses %s', (url, reason) => expect(checkCallbackUrl(url)).toMatch(reason));

  it('takes an address of a network that is allowed besides', () => {
    expect(checkCallbackUrl('http://127.0.0.1:3000/', addressCheck(['127.0.0.0/8']))).toBeUndefined();
  });
});

describe('reachableAddresses', () => {
  const answering =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  const ask = (url: string, resolve = answering('8.8.8.8'), check = addressCheck()) =>
    reachableAddresses(new URL(url), check, resolve, never);

  it('answers every address of a name', async () => {
    const both = answering('8.8.8.8', '2606:4700::1111');
    expect(await ask('https://example.com/', both)).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ]);
  });

  it('refuses a name of which a single address is not public', async () => {
    await expect(ask('https://example.com/', answering('8.8.8.8', '10.0.0.1'))).rejects.toThrow(CallbackRefused);
    await expect(ask('https://example.com/', answering('2606:4700::1111', '::1'))).rejects.toThrow(CallbackRefused);
  });

  it('looks up no literal address, and refuses what could not be given', async () => {
    const broken = async () => {
      throw new Error('asked the name service');
    };
    expect(await ask('https://[2606:4700::1111]/', broken)).toEqual([{ address: '2606:4700::1111', family: 6 }]);
    await expect(ask('http://192.168.0.1/', broken)).rejects.toThrow(CallbackRefused);
    await expect(ask('http://example.com:22/', broken)).rejects.toThrow(CallbackRefused);
  });
});
